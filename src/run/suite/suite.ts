import { onAbort } from '../../async/abort.js';
import type { Outcome } from '../../model/failure.js';
import type { SuitePlan } from '../../model/plan.js';
import type { SuiteSummary, WarningRecord } from '../../model/result.js';
import { noteFormer } from '../../results/continuation.js';
import type { RunFolder } from '../../results/store.js';
import type { RunContext } from '../context.js';
import { inSeconds, warnOf } from '../events.js';
import { LAST_WORDS_MS } from '../hooks/patience.js';
import { whyStopped } from '../interruption.js';
import { nodesOf } from '../preflight/nodes-of.js';
import { announceResume, beginResume, remainingOf } from '../resume/begin.js';
import { concludeSuite } from './conclude.js';
import { makeReady } from './make-ready.js';
import { runScenarios } from './scenarios.js';
import type { SuiteOptions } from './suite-options.js';
import { createTally } from './tally.js';

/** What a suite is told in, beside its events. */
export interface Records {
  /** What it has warned of so far. */
  readonly warnings: () => readonly WarningRecord[];
  /** Writes for people what came of it, before the last event tells that all is done. */
  readonly writeReport: (summary: SuiteSummary) => Promise<Outcome<void>>;
  /** The same for programs, once it is known whether the rest could be written. */
  readonly writeSummary: (summary: SuiteSummary) => Promise<Outcome<void>>;
}

/** Carries a plan out: one scenario after the other, each on clean nodes. */
export async function carryOut(
  whole: SuitePlan,
  context: RunContext,
  folder: RunFolder,
  options: SuiteOptions,
  records: Records,
): Promise<SuiteSummary> {
  const { clock, emit, run } = context;
  const { resume = null, signal } = options;
  const begin = { at: new Date(clock.now()), monotonic: clock.monotonic() };
  const linked = resume && (await noteFormer(folder.path, resume.from));
  // Before results are kept: a run that is killed while it does that is known by what it was about to do.
  emit({
    type: 'suite_started',
    run,
    results_path: folder.path,
    nodes: nodesOf(whole).map(({ name }) => name),
    scenarios: whole.scenarios.map(({ scenario }) => ({
      name: scenario.name,
      services: scenario.services.length,
      estimated_duration_s:
        scenario.estimatedDurationMs === null ? null : inSeconds(scenario.estimatedDurationMs),
    })),
  });
  if (linked?.ok === false) emit({ type: 'warning', message: linked.failure.message });
  let whatIsDone = 'results are collected and nodes cleaned';
  const unheard = onAbort(signal, () => {
    emit({ type: 'warning', message: `${whyStopped(signal)}: ${whatIsDone}` });
  });

  const { nodes: known, backends } = context;
  const resumed = resume && (await beginResume(resume, folder, { nodes: known, backends, signal }));
  if (resumed) announceResume(resumed, folder, emit);
  const plan = remainingOf(whole, resumed?.decisions ?? []);
  const tally = createTally();
  const scene = {
    hooks: whole.hooks,
    nodes: nodesOf(plan),
    scenarios: plan.scenarios.map(({ scenario }) => scenario.name),
    folder: folder.path,
    signal,
  };
  const readiness = await makeReady(plan, context, scene, tally, options);
  await runScenarios(plan, context, folder, tally, readiness, options);
  // Who asks for the newest results means none that were never begun.
  if (readiness.isLocked)
    for (const failure of await folder.yieldLatest()) warnOf(context, failure);

  whatIsDone = whatIsLeftToDo(whole);
  const summary = await concludeSuite(context, {
    whole,
    resumed,
    tally,
    scene,
    isLocked: readiness.isLocked,
    startedAt: begin.at,
    signal,
    ...records,
  });
  unheard();
  emit({
    type: 'suite_finished',
    run,
    status: summary.status,
    exit_code: summary.exit_code,
    ...(summary.failure === undefined ? {} : { failure: summary.failure }),
    duration_s: inSeconds(clock.monotonic() - begin.monotonic),
    results_path: folder.path,
    scenarios: summary.scenarios,
    warnings: summary.warnings,
  });
  return summary;
}

/** Once every scenario is over. */
function whatIsLeftToDo({ hooks }: SuitePlan): string {
  const isAwaited = hooks.some(({ point }) => point === 'after_suite' || point === 'on_failure');
  return isAwaited
    ? `hooks have ${inSeconds(LAST_WORDS_MS)} s to come to their end`
    : 'the run is at its end';
}
