import { onAbort } from '../async/abort.js';
import type { Failure, FailureKind } from '../model/failure.js';
import { CONTROLLER } from '../model/node.js';
import type { ScenarioPlan, SuitePlan } from '../model/plan.js';
import type { ScenarioOutcome, SuiteSummary } from '../model/result.js';
import { machinesOf } from '../plan/operations.js';
import type { RunFolder } from '../results/store.js';
import type { RunContext } from './attempt.js';
import { inSeconds, recordOf } from './events.js';
import { callLastHooks, callSuiteHooks } from './hooks/suite-hooks.js';
import { Interruption } from './interruption.js';
import { createIsolation } from './isolation/isolation.js';
import { notDeployed, skip, unfit, warnOf } from './not-run.js';
import { type Resumed, announceResume, remainingOf, withKept } from './resume/begin.js';
import { createNodeKeeper } from './preflight/node-keeper.js';
import { nodesOf } from './preflight/nodes-of.js';
import { type ScenarioResult, runScenario } from './scenario.js';
import { kindsOf, suiteExitCode, worstOf } from './verdict.js';

export interface SuiteOptions {
  /** Stop after the first scenario that did not complete, whatever the project says. */
  readonly failFast: boolean;
  /** How often a failed scenario is tried again; `null`: what each scenario says. */
  readonly retries: number | null;
  /** Aborts, with an `Interruption`, to stop the run and clean up. */
  readonly signal: AbortSignal;
  /** What is kept of the run that this one continues; default `null`: it continues none. */
  readonly resumed?: Resumed | null;
  /** Cleans up after earlier runs. @returns What is left of them on nodes that were reached. */
  readonly recover?: () => Promise<readonly Failure[]>;
}

/**
 * Carries a plan out: one scenario after the other, each on clean nodes.
 *
 * @param write Writes the suite's own documents, before the last event tells that all is done.
 */
export async function carryOut(
  whole: SuitePlan,
  context: RunContext,
  folder: RunFolder,
  options: SuiteOptions,
  write: (summary: SuiteSummary) => Promise<readonly Failure[]>,
): Promise<SuiteSummary> {
  const { clock, emit, run } = context;
  const { resumed = null } = options;
  const plan = remainingOf(whole, resumed?.decisions ?? []);
  const begin = clock.monotonic();
  const startedAt = new Date(clock.now());
  const nodes = nodesOf(plan);
  emit({
    type: 'suite_started',
    run,
    results_path: folder.path,
    nodes: nodes.map(({ name }) => name),
    scenarios: whole.scenarios.map(({ scenario }) => ({
      name: scenario.name,
      services: scenario.services.length,
      estimated_duration_s:
        scenario.estimatedDurationMs === null ? null : inSeconds(scenario.estimatedDurationMs),
    })),
  });

  if (resumed) announceResume(resumed, folder, emit);

  const unheard = onAbort(options.signal, () => {
    const why = whyStopped(options.signal);
    emit({ type: 'warning', message: `${why}: results are collected and nodes cleaned` });
  });

  const kinds: FailureKind[] = [];
  const outcomes: ScenarioOutcome[] = [];
  const conclude = (result: ScenarioResult) => {
    outcomes.push(result.outcome);
    kinds.push(...result.kinds);
  };

  const scene = {
    hooks: whole.hooks,
    nodes,
    scenarios: plan.scenarios.map(({ scenario }) => scenario.name),
    folder: folder.path,
    signal: options.signal,
  };
  const locked = await context.leases.acquireAll();
  const left = locked.length > 0 ? [] : ((await options.recover?.()) ?? []);
  kinds.push(...left.map(({ kind }) => kind));
  // What goes wrong with the run itself, and with none of its scenarios.
  const own: Failure[] = [];
  if (locked.length === 0) own.push(...(await callSuiteHooks(context, 'before_suite', scene)));
  const keeper = createNodeKeeper(plan, context, options.signal);
  const isolation = createIsolation(context, keeper, options.signal);
  if (own.length === 0 && locked.length === 0) await keeper.checkAll();
  const blockers =
    locked.length > 0
      ? plan.scenarios.map((each) => ofMachines(each, locked))
      : keeper.isBlocked()
        ? plan.scenarios.map(keeper.failuresOf)
        : null;
  let stopReason = own[0] ? `nothing was run: ${own[0].message}` : null;
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
    const unready = await isolation.before(scenarioPlan, index === 0);
    const failures =
      unready.length > 0 ? unready : await context.leases.acquireFor(leasedBy(scenarioPlan));
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
    stopReason = reasonToStop(result, plan, options) ?? isolation.after(scenarioPlan);
    const isLast = index === plan.scenarios.length - 1;
    if (stopReason === null && !isLast) await waitBetween(plan, context, options.signal);
  }
  unheard();
  const reason: unknown = options.signal.reason;
  const interruption = reason instanceof Interruption ? reason.exitCode : undefined;
  const scenarios = withKept(whole, outcomes, resumed);
  const statuses = scenarios.map(({ status }) => status);
  const summarize = (): SuiteSummary => ({
    run,
    ...(resumed === null ? {} : { resumed_from: resumed.from }),
    status: worstOf([
      ...statuses,
      ...(own.length > 0 ? (['failed'] as const) : []),
      ...(interruption === undefined ? [] : (['cancelled'] as const)),
    ]),
    exit_code: suiteExitCode([...kinds, ...own.flatMap(kindsOf)], statuses, interruption),
    ...(own[0] ? { failure: recordOf(own[0]) } : {}),
    started_at: startedAt.toISOString(),
    ended_at: new Date(clock.now()).toISOString(),
    scenarios,
  });
  const writeDown = async (): Promise<SuiteSummary> => {
    const unwritten = await write(summarize());
    for (const failure of unwritten) warnOf(context, failure);
    kinds.push(...unwritten.map(({ kind }) => kind));
    return summarize();
  };
  let summary = await writeDown();
  // What another run has is not for our hooks either.
  const late = locked.length > 0 ? [] : await callLastHooks(context, scene, own, summary);
  own.push(...late);
  const unreleased = await context.leases.releaseAll();
  for (const failure of unreleased) warnOf(context, failure);
  kinds.push(...unreleased.flatMap(kindsOf));
  if (late.length > 0 || unreleased.length > 0) summary = await writeDown();
  await context.pool.closeAll();

  emit({
    type: 'suite_finished',
    run,
    status: summary.status,
    exit_code: summary.exit_code,
    ...(summary.failure === undefined ? {} : { failure: summary.failure }),
    duration_s: inSeconds(clock.monotonic() - begin),
    results_path: folder.path,
    scenarios,
  });
  return summary;
}

/** The machines that have to be a scenario's alone. */
function leasedBy({ scenario }: ScenarioPlan): readonly string[] {
  return [...machinesOf(scenario), CONTROLLER];
}

function ofMachines(plan: ScenarioPlan, failures: readonly Failure[]): readonly Failure[] {
  const machines = leasedBy(plan);
  return failures.filter(({ node }) => node !== null && machines.includes(node));
}

function whyStopped({ reason }: AbortSignal): string {
  return reason instanceof Interruption ? reason.message : 'the run was stopped';
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
