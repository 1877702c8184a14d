import { Command } from 'commander';

import type { SuitePlan } from '../../model/plan.js';
import type { ResumeOverview } from '../../report/resume.js';
import { type Globals, globalsOf } from '../globals.js';
import { noteWarnings } from '../open-project.js';
import { type Format, formatOption, print, printAs } from '../output.js';
import { textOptions } from '../text-style.js';
import { type SelectionOptions, addSelection, planSelection } from '../selection.js';

export function planCommand(): Command {
  return addSelection(
    new Command('plan').description('show what a run would do, in order; opens no connection'),
  )
    .addOption(formatOption())
    .addHelpText(
      'after',
      `
Examples:
  $ playbook plan
  $ playbook plan 002_disaggregated --format json | jq '.scenarios[].batches'`,
    )
    .action(
      async (
        scenarios: string[],
        options: SelectionOptions & { format: Format },
        command: Command,
      ) => {
        const globals = globalsOf(command);
        const { plan, warnings, mask } = await planSelection(globals, scenarios, options);
        await noteWarnings(warnings, mask, globals);
        await printPlan(plan, options.format, globals);
      },
    );
}

/**
 * Also what `run --dry-run` prints.
 *
 * @param resume Where the plan is what is left of an earlier run.
 */
export async function printPlan(
  plan: SuitePlan,
  format: Format,
  globals: Globals,
  resume: ResumeOverview | null = null,
): Promise<void> {
  if (format === 'table') {
    const [{ renderPlanText }, { describeResume }, text] = await Promise.all([
      import('../../report/plan/plan-text.js'),
      import('../../report/resume.js'),
      textOptions(globals, process.stdout),
    ]);
    if (resume) print(`${describeResume(resume, text.style).join('\n')}\n`);
    if (resume === null || plan.scenarios.length > 0) print(renderPlanText(plan, text));
    return;
  }
  const { planJson } = await import('../../report/plan/plan-json.js');
  await printAs(format, { ...planJson(plan), ...(resume ? { resume } : {}) }, () => '');
}
