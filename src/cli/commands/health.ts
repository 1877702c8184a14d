import { Command, Option } from 'commander';

import { ExitCode } from '../../model/exit-code.js';
import type { NodeSpec } from '../../model/node.js';
import type { HealthCheckStrategy } from '../../model/scenario.js';
import type { HealthRow } from '../../report/nodes/health.js';
import type { NodeCheck } from '../../run/preflight/findings.js';
import { type Globals, globalsOf } from '../globals.js';
import { openNodes } from '../open-project.js';
import { type Format, formatOption, note, printAs } from '../output.js';
import { pickNodes } from '../pick-nodes.js';
import { textOptions } from '../text-style.js';

interface Options {
  readonly nodes?: string;
  readonly strategy?: HealthCheckStrategy;
  readonly format: Format;
}

export function healthCommand(): Command {
  return new Command('health')
    .description('check every enabled node live: can it be reached, can it run the scenarios?')
    .option('--nodes <pattern>', 'names, patterns and labels, separated by commas')
    .addOption(
      new Option('--strategy <strategy>', 'how thoroughly to look').choices([
        'quick',
        'standard',
        'thorough',
      ]),
    )
    .addOption(formatOption())
    .addHelpText(
      'after',
      `
  quick      the login, the host key, the runtime and its version
  standard   and free disk, permissions, GPUs, the clock; the ports, images and GPUs that enabled
             scenarios need
  thorough   and others who use GPUs or processor, and a trial: a program is run, or a container
             made and removed

Without --strategy a node gets the most thorough one that the scenarios on it ask for
(service_health_check.strategy). Nothing on the nodes is changed.

Exit codes: 0 all can be used · 3 something is wrong

Examples:
  $ playbook health
  $ playbook health --nodes gpu=h20 --strategy thorough
  $ playbook health --format json | jq '.[] | select(.problems != [])'`,
    )
    .action(async (options: Options, command: Command) => {
      process.exitCode = await showHealth(globalsOf(command), options);
    });
}

async function showHealth(globals: Globals, options: Options): Promise<number> {
  const project = await openNodes(globals);
  const isPicked = options.nodes !== undefined;
  const chosen = await pickNodes(project.nodes, options.nodes ?? null);
  const [
    { composeAdapters },
    { checkNodes, forgiveSpareNodes },
    { untilSignalled },
    { renderHealth, renderHealthSummary },
    { createRedactor },
  ] = await Promise.all([
    import('../adapters.js'),
    import('../../run/preflight/check-nodes.js'),
    import('../signals.js'),
    import('../../report/nodes/health.js'),
    import('../../remote/redaction.js'),
  ]);
  const { pool, backends, clock, warnings } = composeAdapters(project);
  const signals = untilSignalled();
  const progress = await showProgress(globals, chosen);
  const heard: string[] = [];
  warnings.listen((message) => heard.push(message));
  const scenarios = project.scenarios.filter(({ enabled }) => enabled);
  const checks = await checkNodes(chosen, {
    pool,
    backends,
    clock,
    // No run of its own: what is left of one that was cut off goes with the next.
    run: 'health',
    root: project.root,
    signal: signals.signal,
    scenarios,
    ...(options.strategy === undefined ? {} : { strategy: options.strategy }),
    onAnswer: ({ node }) => progress?.answered(node.name),
  });
  await progress?.finish();
  for (const message of heard) note(`playbook: ${message}`);
  await pool.closeAll();
  signals.dispose();

  const found = new Map(
    forgiveSpareNodes(checks, scenarios).map((check) => [check.node.name, check]),
  );
  const mask = createRedactor(project.secrets).text;
  const rows = (isPicked ? chosen : project.nodes).map((node) =>
    maskAll(rowOf(node, found.get(node.name)), mask),
  );
  const text = await textOptions(globals, process.stdout);
  await printAs(options.format, rows, () => renderHealth(rows, text));
  if (options.format === 'table') {
    note(renderHealthSummary(rows, await textOptions(globals, process.stderr)));
  }
  const isBad = rows.some(({ failures }) => failures.length > 0);
  return signals.exitCode() ?? (isBad ? ExitCode.node : ExitCode.ok);
}

/** Only where somebody watches. */
async function showProgress(globals: Globals, nodes: readonly NodeSpec[]) {
  if (!process.stderr.isTTY || globals.isQuiet || nodes.length === 0) return null;
  const { showNodeProgress } = await import('../../report/nodes/progress.js');
  const names = nodes.map(({ name }) => name);
  const text = await textOptions(globals, process.stderr);
  return showNodeProgress(process.stderr, 'checking', names, text);
}

function rowOf(node: NodeSpec, check: NodeCheck | undefined): HealthRow & { labels: object } {
  const { name, host, transport, enabled, runtime, labels } = node;
  const failures = check?.problems.map(({ failure }) => failure) ?? [];
  return {
    name,
    host,
    transport,
    enabled,
    reachable: check ? check.isReachable : null,
    runtime,
    labels,
    problems: failures.map(({ message }) => message),
    strategy: check?.strategy ?? null,
    facts: check?.facts ?? null,
    images: check?.images ?? [],
    failures: failures.map(({ kind, message, hint, node: where, service, output }) => ({
      kind,
      message,
      hint,
      node: where,
      service,
      output,
    })),
    warnings: check?.warnings ?? [],
  };
}

function maskAll<T>(value: T, mask: (text: string) => string): T {
  return JSON.parse(
    JSON.stringify(value, (_key, each: unknown) => (typeof each === 'string' ? mask(each) : each)),
  ) as T;
}
