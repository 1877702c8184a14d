import { Argument, Command } from 'commander';

import { ExitCode } from '../../model/exit-code.js';
import { CliError } from '../error.js';
import { globalsOf } from '../globals.js';
import { readProject, refuseUnknown } from '../open-project.js';
import { type Format, formatOption, print, printAs } from '../output.js';
import { textOptions } from '../text-style.js';

const SCHEMAS = ['nodes', 'scenarios', 'defaults', 'metadata', 'test-config'] as const;

export function configCommand(): Command {
  return new Command('config')
    .description('look into the configuration')
    .addCommand(explainCommand())
    .addCommand(schemaCommand());
}

function explainCommand(): Command {
  return new Command('explain')
    .description('every effective value of a scenario, and the file and line it comes from')
    .argument('<scenario>', 'by name or directory')
    .argument('[key]', 'only this key and what is below it')
    .addOption(formatOption())
    .addHelpText(
      'after',
      `
Examples:
  $ playbook config explain 001_baseline
  $ playbook config explain 001_baseline test_execution.timeout`,
    )
    .action(
      async (
        scenario: string,
        key: string | undefined,
        options: { format: Format },
        command: Command,
      ) => {
        const globals = globalsOf(command);
        const loaded = await readProject(globals);
        const values = loaded.explain(scenario, key);
        if (!values) {
          const known = [...(loaded.project?.scenarios ?? []), ...loaded.broken];
          if (loaded.broken.some(({ name, directory }) => [name, directory].includes(scenario))) {
            throw new CliError(
              `${scenario} cannot be read`,
              ExitCode.usage,
              `playbook validate ${scenario} tells why`,
            );
          }
          await refuseUnknown(
            [scenario],
            known.flatMap(({ name, directory }) => [name, directory]),
          );
          return;
        }
        if (values.length === 0) {
          throw new CliError(
            `${scenario} has no setting ${key ?? ''}`,
            ExitCode.usage,
            `playbook config explain ${scenario} lists them all`,
          );
        }
        const { renderExplanation } = await import('../../report/explanation.js');
        const text = await textOptions(globals, process.stdout);
        await printAs(options.format, values, () => renderExplanation(values, text));
      },
    );
}

function schemaCommand(): Command {
  return new Command('schema')
    .description('print the JSON Schema of a configuration file')
    .addArgument(new Argument('<file>').choices(SCHEMAS))
    .action(async (name: (typeof SCHEMAS)[number]) => {
      const { readSchema } = await import('../../config/schema-files.js');
      print(await readSchema(name));
    });
}
