import type { Clock } from '../../async/clock.js';
import type { Leftover } from '../../deploy/backend.js';
import type { Outcome } from '../../model/failure.js';
import type { NodeSpec } from '../../model/node.js';
import type { ConnectionPool } from '../../remote/pool/pool.js';
import type { Holder } from './answer.js';
import { mayLive } from './gone.js';
import { breakLease, readLease } from './lease.js';

export interface UnlockQuestion {
  readonly pool: ConnectionPool;
  readonly clock: Clock;
  readonly node: NodeSpec;
  /** The project's root, absolute. */
  readonly root: string;
  /** Whose lease it is to be. */
  readonly holder: string;
  /** What is not to be touched. Absolute paths on the node. */
  readonly kept: readonly string[];
}

/**
 * `free`: nobody had it. `refused`: somebody else has it, or is just taking it. `taken`: it was the holder's, and what that
 * run had there was swept; `sweeping`: and is being swept.
 */
export interface Unlocked {
  readonly result: 'free' | 'refused' | 'taken' | 'sweeping';
  /** Who had it, or has it. */
  readonly holder: Holder | null;
  /** It may have been there when the node was taken away from it. */
  readonly mayLive: boolean;
  readonly removed: readonly Leftover[];
  readonly left: readonly Leftover[];
  readonly trouble: readonly string[];
}

const LOOK_MS = 500;
/** A watchdog looks every few seconds, and docker may need its time. */
const SWEEP_MS = 3 * 60_000;

/** Takes a node away from a run, with all that the run has there. */
export async function unlockNode(question: UnlockQuestion): Promise<Outcome<Unlocked>> {
  const { pool, node, root, holder, kept } = question;
  const asked = await breakLease(pool, node, root, holder, kept);
  if (!asked.ok) return asked;
  const { word } = asked.value;
  // Now: it may find out, and end, before its things are removed.
  const answer = {
    ...asked.value,
    mayLive: asked.value.holder !== null && mayLive(asked.value.holder),
  };
  switch (word) {
    case 'free':
      return { ok: true, value: { ...answer, result: 'free' } };
    case 'broken':
      return { ok: true, value: { ...answer, result: 'taken' } };
    case 'expiring':
      return awaitWatchdog(question, answer);
    default:
      return { ok: true, value: { ...answer, result: 'refused' } };
  }
}

async function awaitWatchdog(
  { pool, clock, node, root, holder }: UnlockQuestion,
  before: Omit<Unlocked, 'result'>,
): Promise<Outcome<Unlocked>> {
  const until = clock.monotonic() + SWEEP_MS;
  for (;;) {
    const asked = await readLease(pool, node, root);
    if (!asked.ok) return asked;
    const now = asked.value;
    const isAtWork = now.word === 'expiring' && now.holder?.id === holder;
    if (!isAtWork) {
      const isOf = ({ run, project }: { run: string; project: string }) =>
        run === before.holder?.run && project === before.holder.project;
      const { removed, left, trouble } = now.notes.find(isOf) ?? before;
      return { ok: true, value: { ...before, removed, left, trouble, result: 'taken' } };
    }
    if (clock.monotonic() >= until) {
      return { ok: true, value: { ...before, result: 'sweeping' } };
    }
    await clock.sleep(LOOK_MS);
  }
}
