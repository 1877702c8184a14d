import type { Clock } from '../../async/clock.js';
import type { Leftover } from '../../deploy/backend.js';
import { createFailure, type Failure, type Outcome } from '../../model/failure.js';
import type { NodeSpec } from '../../model/node.js';
import type { ConnectionPool } from '../../remote/pool/pool.js';
import type { HeldRun } from '../journal/holding.js';
import { endLease } from '../lease/lease.js';
import { basesOn } from '../place.js';
import { type Backoff, isConnectionFault } from '../retry-policy.js';
import { withRetries } from '../retry.js';
import { type SweepTarget, listRemains, sweep } from '../sweep/sweep.js';

/** Three tries: the node may be starting again, docker may need a moment to let go. */
const TRIES: Backoff = { retries: 2, firstPauseMs: 2_000, longestPauseMs: 8_000 };

export interface RecoveryContext {
  readonly clock: Clock;
  readonly pool: ConnectionPool;
  /** The project's root, absolute. */
  readonly root: string;
  readonly signal: AbortSignal;
  /** Removes even results that could not be brought home; default: they stay. */
  readonly isKeptRemoved?: boolean;
}

export interface Swept {
  /** For people: `process 4711 (sleep 300)`. */
  readonly removed: readonly string[];
  readonly left: readonly string[];
  /** Why it could not be swept, or what is left. */
  readonly failure: Failure | null;
}

/** Removes what a run still has on one node, but for results that are kept. */
export async function recoverNode(
  held: HeldRun,
  node: NodeSpec,
  context: RecoveryContext,
): Promise<Swept> {
  const { clock, signal } = context;
  const found = new Set<string>();
  let left: readonly string[] = [];
  const outcome = await withRetries(
    async (): Promise<Outcome<void>> => {
      left = [];
      const target = await targetOn(held, node, context);
      if (!target.ok) return target;
      const listed = await listRemains(context.pool, target.value);
      if (!listed.ok) return listed;
      if (listed.value.length === 0) return endLeaseOf(held, node, context, found);
      for (const each of listed.value) found.add(describe(each));
      const swept = await sweep(context.pool, target.value);
      if (!swept.ok) return swept;
      left = swept.value.map(describe);
      return left.length === 0
        ? endLeaseOf(held, node, context, found)
        : { ok: false, failure: leftBehind(held, node, left) };
    },
    {
      clock,
      backoff: TRIES,
      isWorthIt: (kind) => isConnectionFault(kind) || kind === 'left_behind',
      signal,
    },
  );
  if (outcome.ok) return { removed: [...found], left: [], failure: null };
  const isAnswered = outcome.failure.kind === 'left_behind';
  const removed = isAnswered ? [...found].filter((each) => !left.includes(each)) : [];
  return { removed, left, failure: outcome.failure };
}

/** The last thing to go: its watchdog would sweep once more, and others would wait for the machine until then. */
async function endLeaseOf(
  { run, controller }: HeldRun,
  node: NodeSpec,
  { pool, root }: RecoveryContext,
  found: Set<string>,
): Promise<Outcome<void>> {
  const ended = await endLease(pool, node, root, { run, controller });
  // What its watchdog has removed is told together with what was removed now.
  const notes = ended.ok ? ended.value.notes : [];
  for (const each of notes.flatMap(({ removed }) => removed)) found.add(describe(each));
  if (ended.ok && ended.value.word !== 'busy') return { ok: true, value: undefined };
  if (!ended.ok && isConnectionFault(ended.failure.kind)) return ended;
  const why = ended.ok ? 'somebody else is at it' : ended.failure.message;
  return {
    ok: false,
    failure: createFailure('left_behind', `the lease of run ${run} could not be ended: ${why}`, {
      node: node.name,
      hint: 'playbook cleanup tries again',
    }),
  };
}

async function targetOn(
  held: HeldRun,
  node: NodeSpec,
  { pool, root, isKeptRemoved = false }: RecoveryContext,
): Promise<Outcome<SweepTarget>> {
  const lent = await pool.use(node, (connection) => connection.info());
  if (!lent.ok) return lent;
  if (!lent.value.ok) return lent.value;
  const { work, results } = basesOn(node, lent.value.value.home, root);
  const bases = [...(held.bases.get(node.name) ?? []), work, results];
  const open = [...held.open.values()].filter((each) => each.node === node.name);
  const kept = [...held.kept.values()].filter((each) => each.node === node.name);
  return {
    ok: true,
    value: {
      node,
      identity: { run: held.run, controller: held.controller },
      bases: [...new Set(bases.filter((base) => base !== null))],
      emptied: [
        ...open.flatMap(({ kind, paths = [] }) => (kind === 'results' ? paths : [])),
        ...(isKeptRemoved ? kept.flatMap(({ directories }) => directories) : []),
      ],
      kept: isKeptRemoved
        ? []
        : kept.flatMap(({ folders, directories }) => [...folders, ...directories]),
    },
  };
}

function describe({ kind, description }: Leftover): string {
  return `${kind} ${description}`;
}

function leftBehind({ run }: HeldRun, node: NodeSpec, left: readonly string[]): Failure {
  return createFailure(
    'left_behind',
    `what run ${run} has left could not be removed: ${left.join(', ')}`,
    { node: node.name, hint: 'look at it there, then: playbook cleanup' },
  );
}
