import { orAborted } from '../../async/abort.js';
import type { Failure } from '../../model/failure.js';
import type { HeldRun } from '../journal/holding.js';
import type { EarlierRuns } from '../journal/journal.js';
import { keptUpBy } from './kept-up.js';
import { type Machines, findMachine } from './machines.js';
import type { RecoveryContext } from './context.js';
import { recoverNode } from './recover-node.js';

/** What became of what an earlier run had on one node. */
export interface NodeRecovery {
  readonly run: string;
  readonly node: string;
  /**
   * `clean`: nothing of it is there any more. `left`: something could not be removed. `unreachable`: the node could not be
   * asked. `unknown`: the configuration has no such machine. `stopped`: by a signal, before it was done.
   */
  readonly status: 'clean' | 'left' | 'unreachable' | 'unknown' | 'stopped';
  readonly removed: readonly string[];
  readonly left: readonly string[];
  /** What the journal goes on to hold, for people. */
  readonly holds: readonly string[];
  readonly message: string | null;
  readonly failure: Failure | null;
}

/**
 * Removes what earlier runs still hold, on all nodes at once, and strikes it off. What cannot be removed stays in the
 * journal.
 *
 * @param isWanted Which nodes; default: all.
 */
export async function recoverEarlier(
  earlier: EarlierRuns,
  machines: Machines,
  context: Omit<RecoveryContext, 'root'>,
  isWanted: (node: string) => boolean = () => true,
): Promise<readonly NodeRecovery[]> {
  const work = earlier.list().flatMap((held) => {
    const own = entriesOf(held, context.isKeptRemoved ?? false);
    const names = [...new Set(own.map(({ node }) => node))];
    return names.filter(isWanted).map(async (name): Promise<NodeRecovery> => {
      const entries = own.filter(({ node }) => node === name);
      const recovered = await recoverOn(held, name, machines, { ...context, root: machines.root });
      if (recovered.status !== 'clean') {
        return { ...recovered, holds: entries.map(({ what }) => what) };
      }
      // What is kept and may not be touched now is kept on.
      const gone = entries.filter(({ id }) => recovered.message === null || !held.kept.has(id));
      earlier.strike(
        held.run,
        gone.map(({ id }) => id),
      );
      return recovered;
    });
  });
  return Promise.all(work);
}

interface Entry {
  readonly id: number;
  readonly node: string;
  readonly what: string;
}

function entriesOf({ open, kept }: HeldRun, isKeptRemoved: boolean): readonly Entry[] {
  return [
    ...[...open].map(([id, { node, description }]) => ({ id, node, what: description })),
    ...(isKeptRemoved ? [...kept] : []).map(([id, { node, scenario }]) => ({
      ...{ id, node, what: `results of ${scenario}` },
    })),
  ];
}

async function recoverOn(
  held: HeldRun,
  name: string,
  machines: Machines,
  context: RecoveryContext,
): Promise<NodeRecovery> {
  const about = { run: held.run, node: name, removed: [], left: [], holds: [], failure: null };
  const node = findMachine(held, name, machines);
  if (typeof node === 'string') return { ...about, status: 'unknown', message: node };
  const keptUp = await orAborted(keptUpBy(held, node, context), context.signal);
  if (keptUp) return { ...about, status: 'unreachable', message: keptUp.message, failure: keptUp };
  const swept = await orAborted(recoverNode(held, node, context), context.signal);
  if (swept === null) return { ...about, status: 'stopped', message: 'stopped before it was done' };
  const { removed, left, spared, failure } = swept;
  if (failure === null) return { ...about, status: 'clean', removed, message: spared };
  const status = failure.kind === 'left_behind' ? 'left' : 'unreachable';
  return { ...about, status, removed, left, failure, message: failure.message };
}
