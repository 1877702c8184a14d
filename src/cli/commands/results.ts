import path from 'node:path';

import { Command } from 'commander';

import { ExitCode } from '../../model/exit-code.js';
import { CliError } from '../error.js';
import { globalsOf } from '../globals.js';
import { type Format, formatOption, printAs } from '../output.js';
import { textOptions } from '../text-style.js';

export function resultsCommand(): Command {
  return new Command('results')
    .description('list the runs, or show one')
    .argument('[run]', 'a run’s name, or latest')
    .addOption(formatOption())
    .addHelpText(
      'after',
      `
Examples:
  $ playbook results
  $ playbook results latest
  $ playbook results 20260101_221500 --format json`,
    )
    .action(async (run: string | undefined, options: { format: Format }, command: Command) => {
      const globals = globalsOf(command);
      const root = path.join(globals.root, 'results');
      const [{ readRun, readRuns }, { runsUnderWay }, text] = await Promise.all([
        import('../../results/read.js'),
        import('../../run/locks/project-lock.js'),
        textOptions(globals, process.stdout),
      ]);
      const isAlive = await runsUnderWay(globals.root);
      if (run === undefined) {
        const runs = await readRuns(root, isAlive);
        const { renderRuns } = await import('../../report/tables.js');
        await printAs(options.format, runs, () => renderRuns(runs, text));
        return;
      }
      const found = await readRun(root, run, isAlive);
      if (!found) {
        throw new CliError(
          `there is no run ${run} in ${root}`,
          ExitCode.usage,
          'playbook results lists them',
        );
      }
      const { renderSummary } = await import('../../report/summary.js');
      await printAs(options.format, found, () =>
        renderSummary(found, { ...text, isVerbose: true }),
      );
    });
}
