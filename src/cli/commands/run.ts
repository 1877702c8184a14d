import { type Command, Command as Program, InvalidArgumentError, Option } from 'commander';

import { ExitCode } from '../../model/exit-code.js';
import type { SuitePlan } from '../../model/plan.js';
import type { Reporter } from '../../report/reporter.js';
import { exitCodeOf } from '../../run/verdict.js';
import { CliError } from '../error.js';
import { type Globals, globalsOf } from '../globals.js';
import { REPORTERS, type ReporterName } from '../reporter-names.js';
import { type Format, formatOption, note } from '../output.js';
import { type SelectionOptions, addSelection, planSelection } from '../selection.js';
import { printPlan } from './plan.js';

interface Options extends SelectionOptions {
  readonly all?: boolean;
  readonly dryRun?: boolean;
  readonly failFast?: boolean;
  readonly retries?: number;
  readonly reporter: ReporterName;
  readonly format: Format;
}

export function runCommand(): Command {
  return addSelection(new Program('run').description('run scenarios, one after the other'))
    .option('--all', 'every enabled scenario')
    .option('--dry-run', 'show the plan, do nothing: the same as playbook plan')
    .option('--fail-fast', 'stop after the first scenario that does not complete')
    .option('--retries <n>', 'how often a failed scenario is tried again', count)
    .addOption(
      new Option('--reporter <reporter>', 'how to show progress')
        .choices(REPORTERS)
        .default('auto'),
    )
    .addOption(formatOption().hideHelp())
    .addHelpText(
      'after',
      `
Progress goes to standard error: on a terminal a live tree, elsewhere timestamped lines. The summary
goes to standard output; with --quiet only where something went wrong.
Ctrl-C stops the run: results are collected and the nodes are cleaned. A second one ends it at once.

Examples:
  $ playbook run --all
  $ playbook run 001_baseline 003_concurrency_sweep
  $ playbook run --all --tags nightly --fail-fast
  $ playbook run --all --reporter json | jq -r 'select(.type == "scenario_finished") | .status'`,
    )
    .action(async (scenarios: string[], options: Options, command: Command) => {
      const globals = globalsOf(command);
      const isEverything = options.all === true || options.dryRun === true;
      if (scenarios.length === 0 && !isEverything && options.tags.length === 0) {
        throw new CliError(
          'run what? Name scenarios, or give --all',
          ExitCode.usage,
          'playbook scenarios lists them',
        );
      }
      if (scenarios.length > 0 && options.all) {
        throw new CliError('either name scenarios or give --all', ExitCode.usage);
      }
      const plan = await planSelection(globals, scenarios, options);
      if (options.dryRun) {
        await printPlan(plan, options.format, globals);
        return;
      }
      if (plan.scenarios.length === 0) {
        const reasons = plan.skipped.map(({ name, reason }) => `${name}: ${reason}`);
        throw new CliError('there is nothing to run', ExitCode.usage, reasons.join('; ') || null);
      }
      process.exitCode = await execute(globals, plan, options);
    });
}

async function execute(globals: Globals, plan: SuitePlan, options: Options): Promise<number> {
  const [{ runSuite }, { composeAdapters }, { createLedger }, { untilSignalled }] =
    await Promise.all([
      import('../../run/run-suite.js'),
      import('../adapters.js'),
      import('../../run/ledger.js'),
      import('../signals.js'),
    ]);
  const { chooseReporter } = await import('../reporters.js');
  const ledger = createLedger();
  const adapters = composeAdapters(plan);
  const { reporter, restore } = await chooseReporter(options.reporter, globals);
  const signals = untilSignalled(() => {
    restore();
    return tellWhatIsLeft(ledger.list());
  });
  // What was started has to be taken down, whoever is to blame.
  const bugs: unknown[] = [];
  const onBug = (error: unknown) => {
    bugs.push(error);
    signals.abort();
  };
  process.on('uncaughtException', onBug);
  process.on('unhandledRejection', onBug);
  try {
    const outcome = await runSuite(plan, adapters, {
      ledger,
      signal: signals.signal,
      failFast: options.failFast ?? false,
      retries: options.retries ?? null,
      reporters: async (run) => [
        reporter,
        ...(await openLog(globals, run.id, adapters.clock.now())),
      ],
      onDefect: (error) => note(`playbook: ${String(error)}`),
    });
    if (bugs.length > 0) throw bugs[0];
    if (outcome.ok) return outcome.value.exit_code;
    throw new CliError(
      outcome.failure.message,
      exitCodeOf(outcome.failure.kind),
      outcome.failure.hint,
    );
  } finally {
    restore();
    signals.dispose();
    process.off('uncaughtException', onBug);
    process.off('unhandledRejection', onBug);
  }
}

/** A run is worth more than its log file: where that cannot be written, the run goes on without. */
async function openLog(globals: Globals, run: string, now: number): Promise<readonly Reporter[]> {
  const { openLogFile } = await import('../log-file.js');
  try {
    return [await openLogFile(globals.root, run, globals.logLevel, now)];
  } catch (error) {
    note(`playbook: no log file: ${(error as Error).message}`);
    return [];
  }
}

function tellWhatIsLeft(
  holdings: readonly { readonly node: string; readonly description: string }[],
): number | undefined {
  const lines = holdings.map(({ node, description }) => `  ${node}: ${description}\n`);
  process.stderr.write(
    lines.length === 0
      ? '\nplaybook: stopped at once; nothing is left\n'
      : `\nplaybook: stopped at once; this is left:\n${lines.join('')}`,
  );
  return lines.length === 0 ? undefined : ExitCode.leftBehind;
}

function count(value: string): number {
  if (!/^\d{1,3}$/.test(value)) throw new InvalidArgumentError('a number from 0 to 999');
  return Number(value);
}
