import type { Leftover } from '../../deploy/backend.js';
import { createFailure, type Failure, type Outcome } from '../../model/failure.js';
import type { NodeSpec } from '../../model/node.js';
import type { HeldRun, HoldingKind } from '../journal/holding.js';
import { endLease } from '../lease/lease.js';
import { basesOn } from '../place.js';
import { type Backoff, isConnectionFault } from '../retry-policy.js';
import { withRetries } from '../retry.js';
import { describePort, heldPortsOn, portsLeft, stillBound } from '../isolation/ports/held-ports.js';
import type { RecoveryContext } from './context.js';
import { ruleOnDeclared } from './declared.js';
import { askForUntold } from './untold.js';
import { isHeldByOthers } from '../sweep/report.js';
import { type SweepTarget, listRemains, sweep } from '../sweep/sweep.js';

/** Three tries: the node may be starting again, docker may need a moment to let go. */
const TRIES: Backoff = { retries: 2, firstPauseMs: 2_000, longestPauseMs: 8_000 };

/** Without one of these there never was a container: docker need not even be there. */
const MAY_BE_CONTAINERS: readonly HoldingKind[] = ['project', 'service', 'unknown'];

export interface Swept {
  /** For people: `process 4711 (sleep 300)`. */
  readonly removed: readonly string[];
  readonly left: readonly string[];
  /** What is not touched any more, for people. */
  readonly spared: string | null;
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
  let isUpToOthers = false;
  let spared: string | null = null;
  const finish = async (): Promise<Outcome<void>> => {
    const bound = await stillBound(heldPortsOn(held, node.name), node, context.pool);
    if (!bound.ok) return bound;
    left = bound.value.map((port) => `port ${describePort(port)}`);
    return left.length === 0
      ? endLeaseOf(held, node, context, found)
      : { ok: false, failure: portsLeft(held, node.name, bound.value) };
  };
  const outcome = await withRetries(
    async (): Promise<Outcome<void>> => {
      left = [];
      isUpToOthers = false;
      const target = await targetOn(held, node, context);
      if (!target.ok) return target;
      spared = target.value.spared;
      const listed = await listRemains(context.pool, target.value);
      if (!listed.ok) return listed;
      if (listed.value.length === 0) return finish();
      for (const each of listed.value) found.add(describe(each));
      // As long as nobody says that it is gone.
      left = listed.value.map(describe);
      const swept = await sweep(context.pool, target.value);
      const remains = swept.ok ? swept : await listRemains(context.pool, target.value);
      if (remains.ok) left = remains.value.map(describe);
      if (!swept.ok) return swept;
      isUpToOthers = left.length > 0 && swept.value.every(isHeldByOthers);
      return left.length === 0 ? finish() : { ok: false, failure: leftBehind(held, node, left) };
    },
    {
      clock,
      backoff: TRIES,
      isWorthIt: (kind) => isConnectionFault(kind) || (kind === 'left_behind' && !isUpToOthers),
      signal,
    },
  );
  if (outcome.ok) return { removed: [...found], left: [], spared, failure: null };
  const isAnswered = outcome.failure.kind === 'left_behind';
  const removed = isAnswered ? [...found].filter((each) => !left.includes(each)) : [];
  return { removed, left, spared, failure: outcome.failure };
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
  context: RecoveryContext,
): Promise<Outcome<SweepTarget & Pick<Swept, 'spared'>>> {
  const { pool, root, isKeptRemoved = false } = context;
  const lent = await pool.use(node, (connection) => connection.info());
  if (!lent.ok) return lent;
  if (!lent.value.ok) return lent.value;
  const { work, results } = basesOn(node, lent.value.value.home, root);
  const open = [...held.open.values()].filter((each) => each.node === node.name);
  const kept = [...held.kept.values()].filter((each) => each.node === node.name);
  const isUntold = open.some(({ kind }) => kind === 'unknown');
  const untold = isUntold ? await askForUntold(held, node, context) : null;
  if (untold?.ok === false) return untold;
  const { isSwept = false, ...lease } = untold?.value ?? { bases: [], emptied: [], kept: [] };
  const known = [...(held.bases.get(node.name) ?? []), ...lease.bases, work, results];
  const bases = isSwept ? [] : known;
  const declared = [
    ...open.flatMap(({ kind, paths = [] }) => (kind === 'results' ? paths : [])),
    ...(isKeptRemoved ? kept.flatMap(({ directories }) => directories) : []),
  ];
  const journalled = kept.flatMap(({ folders, directories }) => [...folders, ...directories]);
  const discovered = lease.kept.filter((path) => !isKeptRemoved && !journalled.includes(path));
  const ruled = declared.length > 0 ? await ruleOnDeclared(held, node, context) : null;
  if (ruled?.ok === false) return ruled;
  const { mayEmpty = true, reason = null } = ruled?.value ?? {};
  return {
    ok: true,
    value: {
      node,
      identity: { run: held.run, controller: held.controller },
      bases: [...new Set(bases.filter((base) => base !== null))],
      isWithoutContainers: !open.some(({ kind }) => MAY_BE_CONTAINERS.includes(kind)),
      emptied: [...(mayEmpty ? declared : []), ...lease.emptied],
      spared:
        discovered.length > 0
          ? `results that could not be brought home are left in ${discovered.join(', ')}: save them`
          : reason && `what is in ${declared.join(', ')} is left alone: ${reason}`,
      kept: isKeptRemoved ? [] : [...journalled, ...discovered],
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
