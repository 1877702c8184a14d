import { type Command, Command as Program } from 'commander';

import { ExitCode } from '../../model/exit-code.js';
import { CliError } from '../error.js';
import { type Globals, globalsOf } from '../globals.js';
import { openNodes } from '../open-project.js';
import { pickNodes } from '../pick-nodes.js';
import { type Format, drainOf, formatOption, note, print, printAs } from '../output.js';
import { parseCount, parseDurationMs } from '../arguments.js';
import { textOptions } from '../text-style.js';

interface Options {
  readonly nodes?: string;
  readonly forks: number;
  readonly timeout?: number;
  readonly format: Format;
}

const FORKS = 64;
/** Of each stream of a node, where it is gathered instead of shown. */
const CAPTURE_LIMIT = 16 * 1024 * 1024;

export function execCommand(): Command {
  return new Program('exec')
    .description('run one command on many nodes at once')
    .argument('<command...>', 'a program and its arguments; a single word is a line for the shell')
    .option('--nodes <pattern>', 'names, patterns and labels, separated by commas')
    .option('--forks <n>', 'on how many nodes at once', parseCount, FORKS)
    .option('--timeout <duration>', 'end it on a node after so long: 90, 90s, 5m', parseDurationMs)
    .addOption(formatOption(['table', 'json', 'yaml']))
    .addHelpText(
      'after',
      `
A pattern names nodes: node1, node*, gpu=h20 (a label), !node3 (all but that one). Without one the
command runs on every enabled node. Each line of output is led by its node. It comes as it is
written, and the lines of a node stay together: others wait until it has finished or is silent,
3 s at most. Standard output and standard error stay apart. What the command starts in the
background goes on.

Exit codes: 0 it succeeded everywhere · 1 it failed somewhere · 3 a node could not be reached

Examples:
  $ playbook exec -- nvidia-smi -L
  $ playbook exec --nodes 'node*,!node3' -- 'df -h / | tail -n 1'
  $ playbook exec --nodes gpu=h20 --format json -- uname -r | jq -r '.[].stdout'`,
    )
    .action(async (words: string[], options: Options, command: Command) => {
      const globals = globalsOf(command);
      process.exitCode = await execOnNodes(globals, words, options);
    });
}

async function execOnNodes(globals: Globals, words: string[], options: Options): Promise<number> {
  const project = await openNodes(globals);
  const nodes = await pickNodes(project.nodes, options.nodes ?? null);
  if (nodes.length === 0) {
    throw new CliError(
      'there is no node to run it on',
      ExitCode.usage,
      'playbook nodes lists them',
    );
  }
  const [{ composeAdapters }, { fanOut }, { untilSignalled }, { createRedactor }, text] =
    await Promise.all([
      import('../adapters.js'),
      import('../../run/fan-out/fan-out.js'),
      import('../signals.js'),
      import('../../remote/redaction.js'),
      textsFor(globals),
    ]);
  const [{ createOutput }, { createTurns }, { systemClock }] = await Promise.all([
    import('../exec/output.js'),
    import('../exec/turns.js'),
    import('../../async/clock.js'),
  ]);
  const {
    documentAnswers,
    hasSucceeded,
    isNodesFault,
    renderEnding,
    renderExecSummary,
    renderOutputLine,
  } = await import('../../report/exec/exec-lines.js');
  const { pool, warnings } = composeAdapters(project);
  warnings.listen((message) => note(`playbook: ${message}`));
  const redactor = createRedactor(project.secrets);
  const signals = untilSignalled();
  const isShown = options.format === 'table';
  const width = Math.max(...nodes.map(({ name }) => name.length));
  const output = createOutput(redactor, {
    out: {
      print: (node, line) => print(renderOutputLine(node, width, line, text.out)),
      untilDrained: drainOf(process.stdout, signals.signal),
    },
    err: {
      print: (node, line) => note(renderOutputLine(node, width, line, text.err)),
      untilDrained: drainOf(process.stderr, signals.signal),
    },
    turns: createTurns(systemClock),
  });

  const answers = await fanOut(nodes, commandOf(words), {
    pool,
    forks: options.forks,
    signal: signals.signal,
    captureLimit: CAPTURE_LIMIT,
    ...(options.timeout === undefined ? {} : { timeoutMs: options.timeout }),
    ...(isShown ? { sinks: output.sinksFor } : {}),
    onAnswer: async ({ node, outcome }) => {
      if (!isShown) return;
      await output.finish(node, () => {
        note(renderEnding({ node: node.name, outcome }, width, text.err));
      });
    },
  });
  await pool.closeAll();
  signals.dispose();

  const rows = answers.map(({ node, outcome }) => ({ node: node.name, outcome }));
  if (isShown) note(renderExecSummary(rows, text.err));
  else await printAs(options.format, documentAnswers(rows, redactor.text), () => '');
  const failed = rows.filter((row) => !hasSucceeded(row));
  const interrupted = signals.exitCode();
  if (interrupted !== undefined) return interrupted;
  if (failed.some(isNodesFault)) return ExitCode.node;
  return failed.length > 0 ? ExitCode.scenarioFailed : ExitCode.ok;
}

/** A single word is a line for the shell, as ssh takes it; several are a program and its arguments. */
function commandOf(words: readonly string[]) {
  const [program = '', ...args] = words;
  return args.length === 0
    ? { argv: ['/bin/sh', '-c', program] as const }
    : { argv: [program, ...args] as const };
}

async function textsFor(globals: Globals) {
  const [out, err] = await Promise.all([
    textOptions(globals, process.stdout),
    textOptions(globals, process.stderr),
  ]);
  return { out, err };
}
