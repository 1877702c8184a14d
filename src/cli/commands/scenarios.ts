import { Command } from 'commander';

import { globalsOf } from '../globals.js';
import { openProject } from '../open-project.js';
import { type Format, formatOption, printAs } from '../output.js';
import { textOptions } from '../text-style.js';

const EXAMPLES = `
Examples:
  $ playbook scenarios
  $ playbook scenarios --format json | jq -r '.[] | select(.enabled) | .name'`;

export function scenariosCommand(): Command {
  return new Command('scenarios')
    .description('list the scenarios in the order in which they run')
    .addOption(formatOption())
    .addHelpText('after', EXAMPLES)
    .action(async (options: { format: Format }, command: Command) => {
      const globals = globalsOf(command);
      const { scenarios } = await openProject(globals);
      const { renderScenarios } = await import('../../report/tables.js');
      const rows = scenarios.map((scenario) => ({
        name: scenario.name,
        directory: scenario.directory,
        enabled: scenario.enabled,
        tags: scenario.tags,
        nodes: scenario.nodes,
        services: scenario.services.length,
        estimated_duration_s:
          scenario.estimatedDurationMs === null ? null : scenario.estimatedDurationMs / 1000,
        description: scenario.description,
      }));
      const text = await textOptions(globals, process.stdout);
      await printAs(options.format, rows, () => renderScenarios(rows, text));
    });
}
