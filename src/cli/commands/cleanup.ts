import { Command } from 'commander';

import { ExitCode } from '../../model/exit-code.js';
import type { CleanUpPage } from '../../report/cleanup.js';
import type { CleanUpReport } from '../../run/recovery/clean-up.js';
import { exitCodeOf } from '../../run/suite/verdict.js';
import { parseDurationMs } from '../arguments.js';
import { CliError } from '../error.js';
import { type Globals, globalsOf } from '../globals.js';
import { openNodes } from '../open-project.js';
import { type Format, formatOption, note, printAs } from '../output.js';
import { textOptions } from '../text-style.js';

interface Options {
  readonly kept?: boolean;
  readonly forget: readonly string[];
  readonly waitLock?: number;
  readonly format: Format;
}

export function cleanupCommand(): Command {
  return new Command('cleanup')
    .description('remove what interrupted runs have left on the nodes, and only that')
    .option('--kept', 'also results that could not be brought home, and are kept on a node')
    .option(
      '--forget <node>',
      'give up what is left on a node that will not come back; can be repeated',
      (node: string, nodes: readonly string[]) => [...nodes, node],
      [] as readonly string[],
    )
    .option('--wait-lock <duration>', 'wait so long for a run that is under way', parseDurationMs)
    .addOption(formatOption())
    .addHelpText(
      'after',
      `
Every run writes down what it puts where before it does (.playbook/journal). What is still in there
is removed: containers, networks, processes and folders of those runs. Nothing else is touched, and
nothing of a run that is under way. The next playbook run does the same before it begins.

Exit codes: 0 all is clean · 3 a node could not be reached · 4 something could not be removed ·
5 a run is under way

Examples:
  $ playbook cleanup
  $ playbook cleanup --forget node7
  $ playbook cleanup --format json | jq -r '.nodes[] | select(.status != "clean") | .node'`,
    )
    .action(async (options: Options, command: Command) => {
      process.exitCode = await cleanUpProject(globalsOf(command), options);
    });
}

async function cleanUpProject(globals: Globals, options: Options): Promise<number> {
  const project = await openNodes(globals);
  const [{ composeAdapters }, { cleanUp }, { untilSignalled }, { createRedactor }] =
    await Promise.all([
      import('../adapters.js'),
      import('../../run/recovery/clean-up.js'),
      import('../signals.js'),
      import('../../remote/redaction.js'),
    ]);
  const { root, nodes, secrets } = project;
  const { pool, clock, controller, warnings } = composeAdapters(project);
  const warn = (message: string) => note(`playbook: ${message}`);
  warnings.listen(warn);
  const mask = createRedactor(secrets).text;
  const signals = untilSignalled();
  try {
    const cleaned = await cleanUp(
      { root, nodes, controller, clock, pool, mask, warn },
      {
        forgotten: options.forget,
        isKeptRemoved: options.kept ?? false,
        waitLockMs: options.waitLock ?? 0,
        onWaiting: (reason) => {
          if (!globals.isQuiet) warn(`waiting ${reason}`);
        },
        signal: signals.signal,
      },
    );
    if (!cleaned.ok) {
      const { kind, message, hint } = cleaned.failure;
      throw new CliError(message, signals.exitCode() ?? exitCodeOf(kind), hint);
    }
    await show(cleaned.value, options.format, globals, mask);
    return exitCodeFor(cleaned.value, signals.exitCode());
  } finally {
    signals.dispose();
    // A dial that nobody answers takes its time to end; the user need not wait for it.
    void pool.closeAll();
  }
}

async function show(
  report: CleanUpReport,
  format: Format,
  globals: Globals,
  mask: (text: string) => string,
): Promise<void> {
  const page: CleanUpPage = {
    nodes: report.nodes.map(({ run, node, status, removed, left, message }) => ({
      run,
      node,
      status,
      removed: removed.map(mask),
      left: left.map(mask),
      message: message === null ? null : mask(message),
    })),
    kept: report.kept,
    gone: report.gone,
    interrupted_runs: report.interrupted,
    forgotten: report.forgotten,
  };
  const { renderCleanUp } = await import('../../report/cleanup.js');
  const text = await textOptions(globals, process.stdout);
  await printAs(format, page, () => renderCleanUp(page, text));
  for (const { message } of report.failures) note(`playbook: ${mask(message)}`);
  if (report.hasLostRun) {
    const { LOST_RUN } = await import('../../run/recovery/lost-run.js');
    note(`playbook: ${LOST_RUN}`);
  }
}

function exitCodeFor(report: CleanUpReport, interruption: number | undefined): number {
  const statuses = new Set(report.nodes.map(({ status }) => status));
  if (statuses.has('left')) return ExitCode.leftBehind;
  if (interruption !== undefined) return interruption;
  const isUnclear = report.hasLostRun || report.failures.length > 0;
  if (statuses.has('unreachable') || statuses.has('unknown') || isUnclear) return ExitCode.node;
  return ExitCode.ok;
}
