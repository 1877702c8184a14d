import type { SuitePlan } from '../../model/plan.js';
import { leasedBy } from '../../plan/machines.js';
import type { RunFolder } from '../../results/store.js';
import type { RunContext } from '../context.js';
import { inSeconds } from '../events.js';
import { createIsolation } from '../isolation/isolation.js';
import { notDeployed, refused, skip, unfit } from './not-run.js';
import { type ScenarioResult, runScenario } from '../scenario/scenario.js';
import type { Readiness } from './make-ready.js';
import type { SuiteOptions } from './suite-options.js';
import type { Tally } from './tally.js';

const STOPPED = 'the run was stopped';

/** Runs scenarios one after the other, until there is a reason to stop; those after that are skipped for it. */
export async function runScenarios(
  plan: SuitePlan,
  context: RunContext,
  folder: RunFolder,
  tally: Tally,
  { keeper, blockers, isLocked }: Readiness,
  options: SuiteOptions,
): Promise<void> {
  const { signal, retries } = options;
  const isStopped = () => signal.aborted;
  const isolation = createIsolation(context, keeper, signal);
  const [first] = tally.own;
  let stopReason = first ? `nothing was run: ${first.message}` : null;
  for (const [index, each] of plan.scenarios.entries()) {
    if (isStopped()) stopReason ??= STOPPED;
    if (stopReason !== null) {
      tally.add(skip(context, each, stopReason));
      continue;
    }
    if (blockers !== null) {
      const tell = isLocked ? refused : notDeployed;
      tally.add(tell(context, each, blockers[index] ?? [], blockers.flat()));
      continue;
    }
    const unready = await isolation.before(each, index === 0);
    const failures =
      unready.length > 0 ? unready : await context.leases.acquireFor(leasedBy(each.scenario));
    if (isStopped()) {
      tally.add(skip(context, each, STOPPED));
      continue;
    }
    const place = { index: index + 1, total: plan.scenarios.length };
    const result =
      failures.length > 0
        ? unfit(context, each, failures)
        : await runScenario(each, context, folder, { ...place, retries, signal });
    tally.add(result);
    await context.pool.closeAll();
    stopReason = reasonToStop(result, plan, options) ?? isolation.after(each);
    const isLast = index === plan.scenarios.length - 1;
    if (stopReason === null && !isLast) await waitBetween(plan, context, signal);
  }
}

function reasonToStop(
  { outcome }: ScenarioResult,
  plan: SuitePlan,
  { failFast, signal }: SuiteOptions,
): string | null {
  if (signal.aborted) return STOPPED;
  if (outcome.status === 'completed') return null;
  if (failFast) return `${outcome.name} ${outcome.status} and --fail-fast was given`;
  if (!plan.continueOnFailure) {
    return `${outcome.name} ${outcome.status} and inter_scenario.continue_on_failure is false`;
  }
  return null;
}

async function waitBetween(plan: SuitePlan, context: RunContext, signal: AbortSignal) {
  if (plan.waitBetweenScenariosMs === 0) return;
  context.emit({
    type: 'waiting',
    scenario: null,
    duration_s: inSeconds(plan.waitBetweenScenariosMs),
    reason: 'between scenarios',
  });
  await context.clock.sleep(plan.waitBetweenScenariosMs, signal);
}
