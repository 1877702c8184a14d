import { readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import type { Outcome } from '../model/failure.js';
import { fileFailure } from '../results/files/file-failure.js';

/** Tells others on this machine that somebody is at a run, so that they do not take it for one that was cut off. */
export async function markRunning(
  root: string,
  run: string,
): Promise<Outcome<() => Promise<void>>> {
  const file = markerOf(root, run);
  try {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, `${process.pid}\n`);
    return { ok: true, value: () => rm(file, { force: true }) };
  } catch (error) {
    return { ok: false, failure: fileFailure(error, `could not write ${file}`) };
  }
}

/** Whether the process that started a run is still there. */
export function isRunning(root: string, run: string): boolean {
  try {
    const pid = Number(readFileSync(markerOf(root, run), 'utf8'));
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Someone else's process is a process too.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function markerOf(root: string, run: string): string {
  return path.join(root, '.playbook', 'running', run);
}
