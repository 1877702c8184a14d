import { mkdir, readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';

import { labelOf } from '../node/label.js';

/**
 * A name beside the target for what is incomplete. It says which process works on it, so that what a killed one left
 * is told from what another is at.
 *
 * @param home The folder it is for, which is made; abandoned ones of the same target are removed from it.
 * @returns Its path; nothing is there yet.
 */
export async function reserveStaging(
  home: string,
  target: string,
  random: () => number,
): Promise<string> {
  await mkdir(home, { recursive: true });
  const prefix = `.${labelOf(target)}.${hostLabel()}.`;
  await removeAbandoned(home, prefix);
  const unique = Math.floor(random() * 36 ** 8).toString(36);
  return path.join(home, `${prefix}${process.pid}-${unique}.part`);
}

/** Whether something of this name is an incomplete copy that some process of this machine has begun. */
export function isStaging(name: string): boolean {
  const isNamedSo = name.startsWith('.') && /\.\d+-[0-9a-z]+\.part$/.test(name);
  return isNamedSo && name.includes(`.${hostLabel()}.`);
}

/** Whether it is this very process that has begun it. */
export function isOwnStaging(name: string): boolean {
  return isStaging(name) && name.includes(`.${hostLabel()}.${process.pid}-`);
}

function hostLabel(): string {
  return hostname().replaceAll(/[^A-Za-z0-9._-]/g, '-');
}

async function removeAbandoned(home: string, prefix: string): Promise<void> {
  for (const name of await readdir(home)) {
    if (!name.startsWith(prefix)) continue;
    const [, pid] = /^(\d+)-[0-9a-z]+\.part$/.exec(name.slice(prefix.length)) ?? [];
    if (pid !== undefined && !isRunning(Number(pid))) {
      await rm(path.join(home, name), { recursive: true, force: true });
    }
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
