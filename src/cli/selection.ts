import { type Command, InvalidArgumentError } from 'commander';

import type { SuitePlan } from '../model/plan.js';
import type { Problem } from '../model/problem.js';
import type { Selection } from '../plan/selection.js';
import type { Globals } from './globals.js';
import {
  type OpenedProject,
  openProject,
  openWithWarnings,
  refuseUnknown,
} from './open-project.js';

/** The options that choose scenarios, the same for `plan` and `run`. */
export interface SelectionOptions {
  readonly tags: readonly string[];
  readonly skipTags: readonly string[];
}

export function addSelection(command: Command): Command {
  return command
    .argument('[scenario...]', 'scenarios by name or directory')
    .option('--tags <tags>', 'only scenarios with one of these tags (a,b)', listOf, [])
    .option('--skip-tags <tags>', 'no scenario with one of these tags (a,b)', listOf, []);
}

function listOf(value: string, previous: readonly string[]): readonly string[] {
  const words = value.split(',').map((word) => word.trim());
  if (words.some((word) => word === '')) throw new InvalidArgumentError('an empty tag');
  return [...previous, ...words];
}

export interface PlannedSelection {
  readonly plan: SuitePlan;
  /** What is doubtful in the files that it comes from. */
  readonly warnings: readonly Problem[];
  readonly mask: OpenedProject['mask'];
}

/** Reads the project and plans what was asked for. */
export async function planSelection(
  globals: Globals,
  scenarios: readonly string[],
  { tags, skipTags }: SelectionOptions,
): Promise<PlannedSelection> {
  const { project, warningsFor, mask } = await openWithWarnings(globals, scenarios);
  const { planSuite } = await import('../plan/suite-plan.js');
  const selection: Selection = { scenarios, tags, skipTags };
  const { plan, unknown } = planSuite(project, selection);
  // Perhaps its name could not be read: then what is wrong with the files is the answer.
  if (unknown.length > 0) await openProject(globals);
  await refuseUnknown(
    unknown,
    project.scenarios.flatMap(({ name, directory }) => [name, directory]),
  );
  const warnings = warningsFor(plan.scenarios.map(({ scenario }) => scenario.name));
  return { plan, warnings, mask };
}
