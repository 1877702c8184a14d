import type { Outcome } from '../../model/failure.js';
import type { SuitePlan } from '../../model/plan.js';
import type { Project } from '../../model/project.js';
import { createRedactor } from '../../remote/redaction.js';
import type { RunDetails } from '../../results/read/record.js';
import { readFormerScenarios } from '../../results/read/former.js';
import { openSeal, readPresentInputs } from '../scenario/inputs.js';
import type { Locate } from './compare.js';
import { type Decision, decideScenario } from './decide.js';

/** A scenario of the earlier run that its continuation does not have. */
export interface LeftOut {
  readonly scenario: string;
  readonly reason: string;
}

/** How an earlier run is continued, as far as that can be told without asking any node. */
export interface ResumePlan {
  /** The run that is continued. */
  readonly from: string;
  /** For every scenario of the new plan, in its order. */
  readonly decisions: readonly Decision[];
  readonly leftOut: readonly LeftOut[];
}

/** Which scenarios of an earlier run can be run again. */
export function selectFormer(
  project: Pick<Project, 'scenarios'>,
  names: readonly string[],
): { readonly selected: readonly string[]; readonly leftOut: readonly LeftOut[] } {
  const selected: string[] = [];
  const leftOut: LeftOut[] = [];
  for (const name of names) {
    const scenario = project.scenarios.find((each) => each.name === name);
    if (!scenario)
      leftOut.push({ scenario: name, reason: 'the project does not have it any more' });
    else if (!scenario.enabled) leftOut.push({ scenario: name, reason: 'it is disabled now' });
    else selected.push(name);
  }
  return { selected, leftOut };
}

/**
 * Decides which results of an earlier run still hold. Reads files only.
 *
 * @param plan The scenarios of that run, as they would run now.
 * @param locate By scenario.
 */
export async function planResume(
  run: RunDetails,
  plan: SuitePlan,
  leftOut: readonly LeftOut[],
  locate: (scenario: string) => Locate,
): Promise<Outcome<ResumePlan>> {
  const opened = await openSeal(plan.root);
  if (!opened.ok) return opened;
  const seal = opened.value;
  const mask = createRedactor(plan.secrets).text;
  const former = new Map((await readFormerScenarios(run)).map((each) => [each.name, each]));
  const decisions: Decision[] = [];
  for (const scenarioPlan of plan.scenarios) {
    const { name } = scenarioPlan.scenario;
    const before = former.get(name);
    if (!before) throw new Error(`${run.run} has no scenario ${name}`);
    const present = await readPresentInputs(scenarioPlan, plan, seal);
    if (!present.ok) return present;
    const comparison = { seal, mask, locate: locate(name) };
    decisions.push(decideScenario(before, present.value, comparison));
  }
  return { ok: true, value: { from: run.run, decisions, leftOut } };
}
