import { readdir } from 'node:fs/promises';
import path from 'node:path';

import { Command } from 'commander';

import { globalsOf } from '../globals.js';
import { openNodes } from '../open-project.js';
import { type Format, formatOption, printAs } from '../output.js';
import { textOptions } from '../text-style.js';

const EXAMPLES = `
Examples:
  $ playbook status
  $ playbook status --format json | jq .last_run`;

export function statusCommand(): Command {
  return new Command('status')
    .description('the nodes, what runs left on this machine, and the last run')
    .addOption(formatOption())
    .addHelpText('after', EXAMPLES)
    .action(async (options: { format: Format }, command: Command) => {
      const globals = globalsOf(command);
      const project = await openNodes(globals);
      const { readRuns } = await import('../../results/read.js');
      const { isRunning } = await import('../../run/run-marker.js');
      const [last] = await readRuns(path.join(project.root, 'results'), (run) =>
        isRunning(project.root, run),
      );
      const status = {
        nodes: project.nodes.map(({ name, host, transport, enabled, runtime }) => ({
          name,
          host,
          transport,
          enabled,
          runtime,
          reachable: null,
          problems: [],
        })),
        working_folders: await workingFolders(project.root),
        last_run: last ?? null,
      };
      const { renderStatusPage } = await import('../../report/status-page.js');
      const text = await textOptions(globals, process.stdout);
      await printAs(options.format, status, () => renderStatusPage(status, text));
    });
}

/** What runs that are under way, or died, have on this machine; relative to the project. */
async function workingFolders(root: string): Promise<readonly string[]> {
  const state = path.join(root, '.playbook');
  const bases = [
    'work',
    ...(await foldersIn(path.join(state, 'nodes'))).map((node) => `nodes/${node}`),
  ];
  const found = await Promise.all(
    bases.map(async (base) =>
      (await foldersIn(path.join(state, base)))
        .filter((name) => name.startsWith('playbook-'))
        .map((name) => path.posix.join('.playbook', base, name)),
    ),
  );
  return found.flat().sort();
}

async function foldersIn(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
