import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';

import type { ChaosProject } from '../project/project.js';

/** What of a project's runs is on this machine besides their results: processes and files, a line each. */
export async function whatIsLeftHere(project: ChaosProject): Promise<readonly string[]> {
  return [...(await filesLeft(project.root)), ...(await processesLeft(project))];
}

/** Empty folders are no trace of anybody. */
async function filesLeft(root: string): Promise<readonly string[]> {
  const own = (await below(path.join(root, '.playbook'))).filter(({ name }) => !isIdentity(name));
  const results = await below(path.join(root, 'results'));
  const isUnfinished = (name: string) => /\.(tmp|part)$/.test(name);
  return [
    ...own.filter(({ isFolder, name }) => !isFolder || path.basename(name).startsWith('playbook-')),
    ...results.filter(({ name }) => isUnfinished(name)),
  ].map(({ name }) => `here: file ${name}`);
}

/** Drawn once for the project, and it stays. */
function isIdentity(file: string): boolean {
  return path.basename(file) === 'identity';
}

async function below(folder: string) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    (error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    },
  );
  return entries.map((entry) => ({
    name: path.join(entry.parentPath, entry.name),
    isFolder: entry.isDirectory(),
  }));
}

/** By the project's path, which each of its processes has in its environment or on its command line. */
async function processesLeft({ root, controller }: ChaosProject): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids
      .filter((pid) => Number(pid) !== process.pid)
      .map(async (pid) => {
        const [environment, commandLine] = await Promise.all(
          ['environ', 'cmdline'].map((file) =>
            // Others may be gone by now, or not ours to look at.
            readFile(`/proc/${pid}/${file}`, 'latin1').catch(() => ''),
          ),
        );
        const isOurs = [environment, commandLine].some((text) =>
          [root, `PLAYBOOK_CONTROLLER=${controller}\0`].some((mark) => text?.includes(mark)),
        );
        return isOurs && commandLine ? [`here: process ${commandLine.replaceAll('\0', ' ')}`] : [];
      }),
  );
  return found.flat();
}
