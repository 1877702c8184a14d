import { Command } from 'commander';

import path from 'node:path';

import { print } from '../output.js';

export function initCommand(): Command {
  return new Command('init')
    .description('make a new project from the templates; never overwrites a file')
    .argument('[dir]', 'where', '.')
    .addHelpText(
      'after',
      `
Examples:
  $ playbook init my-bench && cd my-bench && playbook run --all`,
    )
    .action(async (dir: string) => {
      const { copyTemplates } = await import('../templates.js');
      const target = path.resolve(dir);
      const { written, kept } = await copyTemplates(target);
      for (const file of written) print(`  new   ${file}`);
      for (const file of kept) print(`  kept  ${file} (it was there)`);
      const into = path.relative(process.cwd(), target);
      print(
        [
          '',
          'Next:',
          ...(into === '' ? [] : [`  cd ${into}`]),
          '  playbook validate      is everything in order?',
          '  playbook plan          what would a run do?',
          '  playbook run --all     do it, on this machine',
        ].join('\n'),
      );
    });
}
