import { orAborted } from '../../async/abort.js';
import type { NodeSpec } from '../../model/node.js';
import type { ConnectionPool } from '../../remote/pool/pool.js';
import { controllerToken } from '../controller.js';
import type { Holder, WatchdogNote } from './answer.js';
import { isGone } from './gone.js';
import { readLease } from './lease.js';

/** How it stands with a machine. */
export interface LockState {
  readonly node: string;
  /** `null`: nobody has it. */
  readonly holder: Holder | null;
  /** `held`; `over`: held, but by a run that is over, or gone, and has left something there; `expiring`: not renewed in time, its watchdog cleans up; `dead`: not renewed, and nobody does. */
  readonly state: string;
  readonly notes: readonly WatchdogNote[];
}

export interface LockQuestion {
  readonly pool: ConnectionPool;
  /** The project's root, absolute. */
  readonly root: string;
  /** Whether a run of this project is under way. */
  readonly isRunning: (run: string) => boolean;
  readonly signal: AbortSignal;
}

/** Who has the machines, asked of all at once. Those that do not answer until the signal aborts are left out. */
export async function lookAtLocks(
  machines: readonly NodeSpec[],
  { pool, root, isRunning, signal }: LockQuestion,
): Promise<readonly LockState[]> {
  const own = controllerToken(root);
  const isOver = (holder: Holder) =>
    isGone(holder, own) || (holder.controller === own && !isRunning(holder.run));
  const states = await Promise.all(
    machines.map(async (node): Promise<LockState | null> => {
      const asked = await orAborted(readLease(pool, node, root, { signal }), signal);
      if (!asked?.ok) return null;
      const { word, holder, notes } = asked.value;
      const state = word === 'held' && holder !== null && isOver(holder) ? 'over' : word;
      return { node: node.name, holder, state, notes };
    }),
  );
  return states.filter((state) => state !== null);
}
