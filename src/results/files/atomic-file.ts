import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type FileHandle, open, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';

import type { Outcome } from '../../model/failure.js';
import { fileFailure } from './file-failure.js';

/**
 * Writes a file so that its name never stands for half of it: the content goes to a temporary name in the same folder,
 * reaches the disk, and only then gets the name. Where it fails, the file is as it was before.
 *
 * @param file Absolute; its folder exists.
 * @param mode Who may read it. Default: what the user's mask says.
 */
export async function writeAtomically(
  file: string,
  content: string | Uint8Array,
  mode = 0o666,
): Promise<Outcome<void>> {
  const temporary = temporaryName(file);
  try {
    const handle = await open(temporary, 'wx', mode);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
    await syncFolder(path.dirname(file));
    return { ok: true, value: undefined };
  } catch (error) {
    await rm(temporary, { force: true });
    return { ok: false, failure: fileFailure(error, `could not write ${file}`) };
  }
}

/** The same at once, for a process that is about to end. */
export function writeAtomicallyNow(file: string, content: string): Outcome<void> {
  const temporary = temporaryName(file);
  try {
    const handle = openSync(temporary, 'wx');
    try {
      writeFileSync(handle, content);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(temporary, file);
    return { ok: true, value: undefined };
  } catch (error) {
    rmSync(temporary, { force: true });
    return { ok: false, failure: fileFailure(error, `could not write ${file}`) };
  }
}

/** Hidden, and in the same folder, since a name cannot be moved from one file system to another. */
export function temporaryName(file: string): string {
  const name = `.${path.basename(file).slice(0, 100)}.${randomUUID()}.tmp`;
  return path.join(path.dirname(file), name);
}

/** Whether a file has such a name: whoever was writing it never came to its end. */
export function isTemporaryName(name: string): boolean {
  return /^\..+\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/.test(name);
}

/** Whether a file has a temporary name of another one. */
export function isTemporaryOf(file: string, name: string): boolean {
  return isTemporaryName(name) && name.startsWith(`.${path.basename(file)}.`);
}

/**
 * Removes what writers that were killed have left of a file. Nobody else may be writing it.
 *
 * @throws What the file system says.
 */
export async function removeAbandonedOf(file: string): Promise<void> {
  const folder = path.dirname(file);
  for (const name of await readdir(folder)) {
    if (isTemporaryOf(file, name)) await rm(path.join(folder, name), { force: true });
  }
}

/** Makes the new name last through a loss of power. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await syncIfPossible(handle);
  } finally {
    await handle.close();
  }
}

async function syncIfPossible(handle: FileHandle): Promise<void> {
  try {
    await handle.sync();
  } catch (error) {
    // Some network file systems cannot sync a folder; the file itself is complete.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EINVAL' && code !== 'ENOTSUP' && code !== 'EPERM') throw error;
  }
}
