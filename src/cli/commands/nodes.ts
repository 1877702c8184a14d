import { Command } from 'commander';

import { globalsOf } from '../globals.js';
import { openNodes } from '../open-project.js';
import { type Format, formatOption, printAs } from '../output.js';
import { textOptions } from '../text-style.js';

const EXAMPLES = `
Examples:
  $ playbook nodes
  $ playbook nodes --format json | jq -r '.[] | select(.enabled) | .host'`;

export function nodesCommand(): Command {
  return new Command('nodes')
    .description('list the nodes; opens no connection')
    .addOption(formatOption())
    .addHelpText('after', EXAMPLES)
    .action(async (options: { format: Format }, command: Command) => {
      const globals = globalsOf(command);
      const { nodes } = await openNodes(globals);
      const { renderNodes } = await import('../../report/nodes/node-table.js');
      const rows = nodes.map(({ name, host, transport, enabled, runtime, labels }) => ({
        name,
        host,
        transport,
        enabled,
        reachable: null,
        runtime,
        labels,
        problems: [],
      }));
      const text = await textOptions(globals, process.stdout);
      await printAs(options.format, rows, () => renderNodes(rows, text));
    });
}
