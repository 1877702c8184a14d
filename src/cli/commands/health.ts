import { Command } from 'commander';

import { ExitCode } from '../../model/exit-code.js';
import { globalsOf } from '../globals.js';
import { openNodes } from '../open-project.js';
import { type Format, formatOption, printAs } from '../output.js';
import { textOptions } from '../text-style.js';

const EXAMPLES = `
Examples:
  $ playbook health
  $ playbook health --format json | jq '.[] | select(.problems != [])'`;

export function healthCommand(): Command {
  return new Command('health')
    .description('check every enabled node live: can it be reached, can it run services?')
    .addOption(formatOption())
    .addHelpText('after', EXAMPLES)
    .action(async (options: { format: Format }, command: Command) => {
      const globals = globalsOf(command);
      const project = await openNodes(globals);
      const [{ composeAdapters }, { checkNodes }, { untilSignalled }, { renderHealth }] =
        await Promise.all([
          import('../adapters.js'),
          import('../../run/preflight.js'),
          import('../signals.js'),
          import('../../report/tables.js'),
        ]);
      const { pool, backends } = composeAdapters(project.root, project.secrets);
      const signals = untilSignalled();
      const enabled = project.nodes.filter((node) => node.enabled);
      const failures = await checkNodes(enabled, pool, backends, signals.signal);
      await pool.closeAll();
      signals.dispose();

      const rows = project.nodes.map(({ name, host, transport, enabled, runtime, labels }) => {
        const found = failures.get(name) ?? [];
        const isReachable = !found.some(({ kind }) => isConnectFailure(kind));
        return {
          name,
          host,
          transport,
          enabled,
          reachable: enabled ? isReachable : null,
          runtime,
          labels,
          problems: found.map(({ message }) => message),
        };
      });
      const text = await textOptions(globals, process.stdout);
      await printAs(options.format, rows, () => renderHealth(rows, text));
      process.exitCode = signals.exitCode() ?? (failures.size > 0 ? ExitCode.node : ExitCode.ok);
    });
}

function isConnectFailure(kind: string): boolean {
  return ['unreachable', 'authentication', 'host_key', 'connection_lost'].includes(kind);
}
