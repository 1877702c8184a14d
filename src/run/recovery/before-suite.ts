import { warnOf } from '../events.js';
import path from 'node:path';

import type { Failure } from '../../model/failure.js';
import type { RunContext } from '../context.js';
import { createRedactor } from '../../remote/redaction.js';
import { concludeInterrupted } from '../../results/interrupted.js';
import type { EarlierRuns } from '../journal/journal.js';
import { findKept } from './kept.js';
import { LOST_RUN } from './lost-run.js';
import { type NodeRecovery, recoverEarlier } from './recover.js';

/**
 * Cleans up after earlier runs, before this one looks at the nodes, and tells what became of it. A node on which something is
 * left is dirty; one that cannot be asked stays in the journal.
 *
 * @returns What reached a node, and could not remove everything there.
 */
export async function recoverBeforeSuite(
  earlier: EarlierRuns,
  context: RunContext,
  signal: AbortSignal,
): Promise<readonly Failure[]> {
  const { root, nodes, controller, clock, pool, emit, dirty, run } = context;
  const mask = createRedactor(context.secrets).text;
  const concluded = await concludeInterrupted(
    path.join(root, 'results'),
    (each) => each === run,
    mask,
  );
  for (const name of concluded.runs) {
    emit({ type: 'warning', message: `run ${name} was interrupted: playbook results ${name}` });
  }
  for (const failure of concluded.failures) warnOf(context, failure);
  if (earlier.hasLostRun) emit({ type: 'warning', message: LOST_RUN });

  const recover = (isWanted: (node: string) => boolean) =>
    recoverEarlier(
      earlier,
      { root, nodes, controller },
      {
        clock,
        pool,
        signal,
        present: { run, wasSwept: (...which) => context.leases.wasSwept(...which) },
      },
      isWanted,
    );
  const recovered = await recover(() => true);
  for (const each of recovered) announce(context, each);
  for (const { run: left, node, status, failure } of recovered) {
    if (status !== 'left' || failure === null) continue;
    dirty.set(node, {
      scenario: `run ${left}`,
      failure,
      lookAgain: async () => {
        const again = await recover((name) => name === node);
        return again.find((each) => each.failure !== null)?.failure ?? null;
      },
    });
  }
  await tellOfKept(earlier, context, signal);
  return recovered.flatMap(({ status, failure }) =>
    status === 'left' && failure !== null ? [failure] : [],
  );
}

async function tellOfKept(
  earlier: EarlierRuns,
  { root, nodes, controller, pool, emit }: RunContext,
  signal: AbortSignal,
): Promise<void> {
  const { kept, gone } = await findKept(earlier, { root, nodes, controller }, pool, signal);
  for (const { run, node, scenario, paths } of kept) {
    const message = `results of ${scenario} (run ${run}) could not be brought home, and are kept in ${paths.join(', ')}; playbook cleanup --kept removes them`;
    emit({ type: 'warning', node, message });
  }
  for (const { run, node, scenario, paths } of gone) {
    const message = `results of ${scenario} (run ${run}) that could not be brought home are not in ${paths.join(', ')} any more`;
    emit({ type: 'warning', node, message });
  }
}

function announce({ emit }: RunContext, recovery: NodeRecovery): void {
  const { run, node, status, removed, holds, message } = recovery;
  if (status === 'clean') {
    if (removed.length > 0) emit({ type: 'recovered', run, node, removed });
    if (message !== null) emit({ type: 'warning', node, message: `run ${run}: ${message}` });
    return;
  }
  emit({
    type: 'warning',
    node,
    message: `what run ${run} has left is still to be removed (${holds.join(', ')}): ${message ?? status}${
      status === 'unknown' ? `; playbook cleanup --forget ${node} gives it up` : ''
    }`,
  });
}
