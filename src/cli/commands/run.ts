import { type Command, Command as Program, InvalidArgumentError, Option } from 'commander';

import { ExitCode } from '../../model/exit-code.js';
import type { Outcome } from '../../model/failure.js';
import type { SuitePlan } from '../../model/plan.js';
import type { Problem } from '../../model/problem.js';
import type { Reporter } from '../../report/reporter.js';
import type { ResumePlan } from '../../run/resume/plan-resume.js';
import type { UnderWay } from '../../run/suite/run-suite.js';
import { exitCodeOf } from '../../run/suite/verdict.js';
import { parseDurationMs } from '../arguments.js';
import { CliError } from '../error.js';
import { type Globals, globalsOf } from '../globals.js';
import { REPORTERS, type ReporterName } from '../reporter-names.js';
import { noteWarnings } from '../open-project.js';
import { type Format, formatOption, note } from '../output.js';
import type { Continuation } from '../resume.js';
import { type SelectionOptions, addSelection, planSelection } from '../selection.js';
import { openWebhooks } from '../webhooks.js';
import { printPlan } from './plan.js';

interface Options extends SelectionOptions {
  /** `true`: whichever run it is. */
  readonly resume?: string | true;
  readonly all?: boolean;
  readonly dryRun?: boolean;
  readonly failFast?: boolean;
  readonly retries?: number;
  /** In ms. */
  readonly waitLock?: number;
  readonly reporter: ReporterName;
  readonly format: Format;
}

export function runCommand(): Command {
  return addSelection(new Program('run').description('run scenarios, one after the other'))
    .option('--all', 'every enabled scenario')
    .option(
      '--resume [run]',
      'continue a run, or the newest that did not complete: what completed and has not changed since is kept',
    )
    .option('--dry-run', 'show the plan, do nothing: the same as playbook plan')
    .option('--fail-fast', 'stop after the first scenario that does not complete')
    .option('--retries <n>', 'how often a failed scenario is tried again', count)
    .option(
      '--wait-lock <duration>',
      'wait so long for a run that has the project or a node: 90s, 5m',
      parseDurationMs,
    )
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
  $ playbook run --resume --dry-run
  $ playbook run --all --reporter json | jq -r 'select(.type == "scenario_finished") | .status'`,
    )
    .action(async (scenarios: string[], options: Options, command: Command) => {
      const globals = globalsOf(command);
      if (options.resume !== undefined) {
        await resume(globals, options.resume, scenarios, options);
        return;
      }
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
      const { plan, warnings, mask } = await planSelection(globals, scenarios, options);
      if (options.dryRun) {
        await noteWarnings(warnings, mask, globals);
        await printPlan(plan, options.format, globals);
        return;
      }
      if (plan.scenarios.length === 0) {
        const reasons = plan.skipped.map(({ name, reason }) => `${name}: ${reason}`);
        throw new CliError('there is nothing to run', ExitCode.usage, reasons.join('; ') || null);
      }
      process.exitCode = await execute(globals, plan, options, null, warnings);
    });
}

async function resume(
  globals: Globals,
  run: string | true,
  scenarios: readonly string[],
  options: Options,
): Promise<void> {
  const { tags, skipTags, all } = options;
  if (scenarios.length > 0 || all === true || tags.length > 0 || skipTags.length > 0) {
    throw new CliError(
      '--resume runs what the earlier run had: it takes no scenarios, no --all and no tags',
      ExitCode.usage,
      'to run some of them anew: playbook run SCENARIO...',
    );
  }
  const { overviewOf, planResumption } = await import('../resume.js');
  const mayWait = options.waitLock !== undefined && options.dryRun !== true;
  const found = await planResumption(globals, run === true ? null : run, mayWait);
  if (found.plan === null) {
    note(`playbook: there is nothing to continue: ${found.why}`);
    process.exitCode = ExitCode.ok;
    return;
  }
  if (options.dryRun) {
    await noteWarnings(found.warnings, found.mask, globals);
    const { remainingOf } = await import('../../run/resume/begin.js');
    const { decisions } = found.resume;
    await printPlan(
      remainingOf(found.plan, decisions),
      options.format,
      globals,
      overviewOf(found.resume),
    );
    return;
  }
  process.exitCode = await execute(globals, found.plan, options, found, found.warnings);
}

async function execute(
  globals: Globals,
  plan: SuitePlan,
  options: Options,
  continued: Continuation | null,
  doubts: readonly Problem[],
): Promise<number> {
  const [{ runSuite }, { composeAdapters }, { untilSignalled }] = await Promise.all([
    import('../../run/suite/run-suite.js'),
    import('../adapters.js'),
    import('../signals.js'),
  ]);
  const { chooseReporter } = await import('../reporters.js');
  let underWay: UnderWay | null = null;
  let hasWaited = false;
  const adapters = composeAdapters(plan);
  if (doubts.length > 0) {
    const { summarizeProblem } = await import('../../report/problems.js');
    for (const doubt of doubts) adapters.warnings.add(summarizeProblem(doubt));
  }
  const { reporter, restore } = await chooseReporter(options.reporter, globals);
  const signals = untilSignalled((exitCode) => {
    restore();
    return endAtOnce(underWay, exitCode);
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
      waitLockMs: options.waitLock ?? 0,
      onWaiting: ({ reason, waitMs }) => {
        hasWaited = true;
        const duration_s = waitMs / 1000;
        const at = new Date(adapters.clock.now()).toISOString();
        // Nothing of the run is shown yet: a line for people, an event for programs.
        if (options.reporter === 'json') {
          reporter.on({ at, type: 'waiting', scenario: null, duration_s, reason });
        } else if (!globals.isQuiet && options.reporter !== 'silent') {
          note(`playbook: waiting up to ${duration_s} s ${reason}`);
        }
      },
      onOpened: (opened) => {
        underWay = opened;
      },
      signal: signals.signal,
      failFast: options.failFast ?? false,
      retries: options.retries ?? null,
      resume: continued && (() => planAfterWait(continued, hasWaited)),
      reporters: async (run, tell) => [
        reporter,
        ...(await openLog(globals, run.id, adapters.clock.now())),
        ...(await openWebhooks(plan, tell, signals.signal)),
      ],
      onDefect: ({ message }) => note(`playbook: ${message}`),
    });
    if (bugs.length > 0) throw bugs[0];
    if (outcome.ok) return outcome.value.exit_code;
    const code = signals.exitCode() ?? exitCodeOf(outcome.failure.kind);
    throw new CliError(outcome.failure.message, code, outcome.failure.hint);
  } finally {
    restore();
    signals.dispose();
    process.off('uncaughtException', onBug);
    process.off('unhandledRejection', onBug);
  }
}

/** While it waited, others may have finished the very run that is to be continued. */
async function planAfterWait(
  { resume, isEarly, again }: Continuation,
  hasWaited: boolean,
): Promise<Outcome<ResumePlan>> {
  return isEarly || hasWaited ? again() : { ok: true, value: resume };
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

/** Says what is left, and has the results tell the same. @returns The exit code. */
function endAtOnce(underWay: UnderWay | null, interruption: number): number {
  const holdings = underWay?.journal.list() ?? [];
  const lines = holdings.map(({ node, description }) => `  ${node}: ${description}\n`);
  process.stderr.write(
    lines.length === 0
      ? '\nplaybook: stopped at once; nothing is left\n'
      : `\nplaybook: stopped at once; this is left:\n${lines.join('')}`,
  );
  const exitCode = lines.length === 0 ? interruption : ExitCode.leftBehind;
  for (const { message } of underWay?.correct(exitCode) ?? []) note(`playbook: ${message}`);
  return exitCode;
}

function count(value: string): number {
  if (!/^\d{1,3}$/.test(value)) throw new InvalidArgumentError('a number from 0 to 999');
  return Number(value);
}
