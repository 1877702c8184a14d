import path from 'node:path';

import type { ScenarioPlan, SuitePlan } from '../../model/plan.js';
import type { ScenarioOutcome } from '../../model/result.js';
import { estimateDuration } from '../../plan/estimate.js';
import { noteContinuation } from '../../results/continuation.js';
import { keepResults } from '../../results/keep.js';
import type { RunFolder } from '../../results/store.js';
import type { Emit } from '../events.js';
import type { Decision, KeptScenario } from './decide.js';
import { type ImageQuestions, settleImages } from './images.js';
import type { LeftOut, ResumePlan } from './plan-resume.js';

/** A continuation that has begun: the results that are kept lie in the new run's folder. */
export interface Resumed {
  readonly from: string;
  readonly decisions: readonly Decision[];
  readonly leftOut: readonly LeftOut[];
  /** What did not work and does no harm. */
  readonly warnings: readonly string[];
}

/**
 * Brings what is kept of an earlier run into the folder of the one that continues it, and lets the earlier one know. The
 * new run has told its scenarios and what it continues before: whenever it is killed, it can be continued in turn.
 */
export async function beginResume(
  resume: ResumePlan,
  folder: RunFolder,
  questions: ImageQuestions,
): Promise<Resumed> {
  const settled = await settleImages(resume.decisions, questions);
  const decisions: Decision[] = [];
  for (const decision of settled.decisions) decisions.push(await keep(decision, folder));
  const former = path.join(path.dirname(folder.path), resume.from);
  const noted = await noteContinuation(former, folder.id);
  return {
    from: resume.from,
    decisions,
    leftOut: resume.leftOut,
    warnings: [...settled.warnings, ...(noted.ok ? [] : [noted.failure.message])],
  };
}

async function keep(decision: Decision, folder: RunFolder): Promise<Decision> {
  if (decision.kept === null) return decision;
  const { scenario, kept } = decision;
  const done = await keepResults(kept.result.path, path.join(folder.path, scenario));
  return done.ok ? decision : { scenario, kept: null, reasons: [done.failure.message] };
}

/** What of a plan is left to be run. */
export function remainingOf(plan: SuitePlan, decisions: readonly Decision[]): SuitePlan {
  const kept = new Set(decisions.filter((each) => each.kept).map((each) => each.scenario));
  const isLeft = ({ scenario }: ScenarioPlan) => !kept.has(scenario.name);
  if (kept.size === 0) return plan;
  const scenarios = plan.scenarios.filter(isLeft);
  const specs = scenarios.map(({ scenario }) => scenario);
  return { ...plan, scenarios, ...estimateDuration(specs, plan.waitBetweenScenariosMs) };
}

/** Tells what is kept and what runs again, and why. */
export function announceResume(resumed: Resumed, folder: RunFolder, emit: Emit): void {
  const kept = keptOf(resumed);
  emit({
    type: 'suite_resumed',
    run: folder.id,
    resumed_from: resumed.from,
    kept: kept.map(([scenario, { result }]) => ({ scenario, kept_from: result.run })),
    rerun: resumed.decisions.flatMap(({ scenario, reasons }) =>
      reasons ? [{ scenario, reasons }] : [],
    ),
    left_out: resumed.leftOut,
  });
  for (const message of resumed.warnings) emit({ type: 'warning', message });
  for (const [scenario, { result }] of kept) {
    emit({
      type: 'scenario_finished',
      scenario,
      status: 'completed',
      attempts: result.attempts,
      duration_s: result.duration_s,
      failure: null,
      reason: null,
      metrics: result.metrics,
      results_path: path.join(folder.path, scenario),
      kept_from: result.run,
    });
  }
}

/** The outcomes of the whole plan: of what ran, and of what is kept. */
export function withKept(
  plan: SuitePlan,
  outcomes: readonly ScenarioOutcome[],
  resumed: Resumed | null,
): readonly ScenarioOutcome[] {
  if (resumed === null) return outcomes;
  const byName = new Map(outcomes.map((outcome) => [outcome.name, outcome]));
  for (const [name, { result }] of keptOf(resumed)) {
    byName.set(name, {
      name,
      status: 'completed',
      attempts: result.attempts,
      duration_s: result.duration_s,
      failure: null,
      reason: null,
      kept_from: result.run,
    });
  }
  return plan.scenarios.flatMap(({ scenario }) => byName.get(scenario.name) ?? []);
}

function keptOf({ decisions }: Resumed): readonly (readonly [string, KeptScenario])[] {
  return decisions.flatMap(({ scenario, kept }) => (kept ? [[scenario, kept] as const] : []));
}
