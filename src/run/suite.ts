import type { Failure, FailureKind } from '../model/failure.js';
import type { SuitePlan } from '../model/plan.js';
import type { ScenarioOutcome, SuiteSummary } from '../model/result.js';
import type { RunFolder } from '../results/store.js';
import type { RunContext } from './attempt.js';
import { inSeconds } from './events.js';
import { Interruption } from './interruption.js';
import { notDeployed, skip, unfit, warnOf } from './not-run.js';
import { createNodeKeeper } from './preflight/node-keeper.js';
import { nodesOf } from './preflight/nodes-of.js';
import { type ScenarioResult, runScenario } from './scenario.js';
import { suiteExitCode, worstOf } from './verdict.js';

export interface SuiteOptions {
  /** Stop after the first scenario that did not complete, whatever the project says. */
  readonly failFast: boolean;
  /** How often a failed scenario is tried again; `null`: what each scenario says. */
  readonly retries: number | null;
  /** Aborts, with an `Interruption`, to stop the run and clean up. */
  readonly signal: AbortSignal;
}

/**
 * Carries a plan out: one scenario after the other, each on clean nodes.
 *
 * @param write Writes the suite's own documents, before the last event tells that all is done.
 */
export async function carryOut(
  plan: SuitePlan,
  context: RunContext,
  folder: RunFolder,
  options: SuiteOptions,
  write: (summary: SuiteSummary) => Promise<readonly Failure[]>,
): Promise<SuiteSummary> {
  const { clock, emit, run } = context;
  const begin = clock.monotonic();
  const startedAt = new Date(clock.now());
  const nodes = nodesOf(plan);
  emit({
    type: 'suite_started',
    run,
    results_path: folder.path,
    nodes: nodes.map(({ name }) => name),
    scenarios: plan.scenarios.map(({ scenario }) => ({
      name: scenario.name,
      services: scenario.services.length,
      estimated_duration_s:
        scenario.estimatedDurationMs === null ? null : inSeconds(scenario.estimatedDurationMs),
    })),
  });

  const kinds: FailureKind[] = [];
  const outcomes: ScenarioOutcome[] = [];
  const conclude = (result: ScenarioResult) => {
    outcomes.push(result.outcome);
    kinds.push(...result.kinds);
  };

  const keeper = createNodeKeeper(plan, context, options.signal);
  await keeper.checkAll();
  const blockers = keeper.isBlocked() ? plan.scenarios.map(keeper.failuresOf) : null;
  let stopReason: string | null = null;
  for (const [index, scenarioPlan] of plan.scenarios.entries()) {
    if (stopReason === null && options.signal.aborted) stopReason = 'the run was stopped';
    if (stopReason === null && blockers !== null) {
      conclude(notDeployed(context, scenarioPlan, blockers[index] ?? [], blockers.flat()));
      continue;
    }
    if (stopReason !== null) {
      conclude(skip(context, scenarioPlan, stopReason));
      continue;
    }
    const failures =
      index === 0 ? keeper.failuresOf(scenarioPlan) : await keeper.recheck(scenarioPlan);
    if (options.signal.aborted) {
      stopReason = 'the run was stopped';
      conclude(skip(context, scenarioPlan, stopReason));
      continue;
    }
    const result =
      failures.length > 0
        ? unfit(context, scenarioPlan, failures)
        : await runScenario(scenarioPlan, context, folder, {
            index: index + 1,
            total: plan.scenarios.length,
            retries: options.retries,
            signal: options.signal,
          });
    conclude(result);
    await context.pool.closeAll();
    stopReason = reasonToStop(result, plan, options);
    const isLast = index === plan.scenarios.length - 1;
    if (stopReason === null && !isLast) await waitBetween(plan, context, options.signal);
  }
  const reason: unknown = options.signal.reason;
  const interruption = reason instanceof Interruption ? reason.exitCode : undefined;
  const statuses = outcomes.map(({ status }) => status);
  const status =
    interruption === undefined ? worstOf(statuses) : worstOf([...statuses, 'cancelled']);
  const conclusion: SuiteSummary = {
    run,
    status,
    exit_code: suiteExitCode(kinds, statuses, interruption),
    started_at: startedAt.toISOString(),
    ended_at: new Date(clock.now()).toISOString(),
    scenarios: outcomes,
  };
  const unwritten = await write(conclusion);
  for (const failure of unwritten) warnOf(context, failure);
  kinds.push(...unwritten.map(({ kind }) => kind));
  const summary = { ...conclusion, exit_code: suiteExitCode(kinds, statuses, interruption) };
  await context.pool.closeAll();

  emit({
    type: 'suite_finished',
    run,
    status,
    exit_code: summary.exit_code,
    duration_s: inSeconds(clock.monotonic() - begin),
    results_path: folder.path,
    scenarios: outcomes,
  });
  return summary;
}

function reasonToStop(
  { outcome }: ScenarioResult,
  plan: SuitePlan,
  { failFast, signal }: SuiteOptions,
): string | null {
  if (signal.aborted) return 'the run was stopped';
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
