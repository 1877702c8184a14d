import { writeFile } from 'node:fs/promises';
import path from 'node:path';

import { Command } from 'commander';

import { ExitCode } from '../../model/exit-code.js';
import { EVERYTHING } from '../../plan/selection.js';
import { CliError } from '../error.js';
import { globalsOf } from '../globals.js';
import { openProject, readProject, refuseUnknown } from '../open-project.js';
import { type Format, formatOption, note } from '../output.js';
import { printPlan } from './plan.js';

interface Options {
  readonly enable?: boolean;
  readonly disable?: boolean;
  readonly format: Format;
}

export function scenarioCommand(): Command {
  return new Command('scenario')
    .description('show a scenario, or switch it on or off')
    .argument('<scenario>', 'by name or directory')
    .option('--enable', 'take it into `run --all` again')
    .option('--disable', 'leave it out of `run --all`')
    .addOption(formatOption())
    .addHelpText(
      'after',
      `
Switching edits one line of YAML and leaves every comment where it is.

Examples:
  $ playbook scenario 001_baseline
  $ playbook scenario 001_baseline --disable`,
    )
    .action(async (name: string, options: Options, command: Command) => {
      const globals = globalsOf(command);
      if (options.enable && options.disable) {
        throw new CliError('either --enable or --disable', ExitCode.usage);
      }
      if (options.enable === undefined && options.disable === undefined) {
        const project = await openProject(globals, [name]);
        const { planSuite } = await import('../../plan/suite-plan.js');
        const { plan, unknown } = planSuite(project, { ...EVERYTHING, scenarios: [name] });
        await refuseUnknown(
          unknown,
          project.scenarios.flatMap((scenario) => [scenario.name, scenario.directory]),
        );
        await printPlan(plan, options.format, globals);
        return;
      }
      const loaded = await readProject(globals);
      const { setScenarioEnabled } = await import('../../config/edit.js');
      const edit = await setScenarioEnabled(loaded, name, options.enable === true);
      if (edit === undefined) {
        const known = loaded.outlines.flatMap((scenario) => [scenario.name, scenario.directory]);
        await refuseUnknown(known.includes(name) ? [] : [name], known);
        throw new CliError(
          `the file that switches ${name} cannot be edited`,
          ExitCode.usage,
          `playbook validate ${name} tells what is wrong with it`,
        );
      }
      const state = options.enable ? 'enabled' : 'disabled';
      const shown = path.relative(process.cwd(), edit.file);
      if (edit.isChange) await write(edit.file, edit.text);
      note(edit.isChange ? `${name} is ${state} now (${shown})` : `${name} was ${state} already`);
    });
}

async function write(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (error) {
    throw new CliError(`could not write ${file}: ${(error as Error).message}`, ExitCode.usage);
  }
}
