import { constants } from 'node:fs';
import { copyFile, link, mkdir, readdir, readlink, rename, rm, symlink } from 'node:fs/promises';

import pLimit from 'p-limit';

import type { Outcome } from '../model/failure.js';
import { temporaryName } from './files/atomic-file.js';
import { fileFailure } from './files/file-failure.js';

const AT_ONCE = 16;
const SLASH = Buffer.from('/');
/** A file system without hard links, another one, or one that allows no more links to a file. */
const CANNOT_LINK: ReadonlySet<string | undefined> = new Set([
  'EPERM',
  'EXDEV',
  'EMLINK',
  'ENOTSUP',
  'ENOSYS',
]);

/**
 * Puts the results of a scenario into the folder of another run, too: as hard links, which cost nothing and outlive the
 * former run; as copies where the file system has none. Whole or not at all.
 *
 * @param from The scenario's folder, absolute.
 * @param to Where it shall lie, absolute; nothing is there yet.
 */
export async function keepResults(from: string, to: string): Promise<Outcome<void>> {
  const temporary = temporaryName(to);
  try {
    await linkFolder(Buffer.from(from), Buffer.from(temporary), pLimit(AT_ONCE));
    await rename(temporary, to);
    return { ok: true, value: undefined };
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    return { ok: false, failure: fileFailure(error, `could not keep ${from} in ${to}`) };
  }
}

type Limit = ReturnType<typeof pLimit>;

/** Names are bytes: what was collected from a node need not be UTF-8. */
async function linkFolder(from: Buffer, to: Buffer, limit: Limit): Promise<void> {
  await mkdir(to);
  const entries = await readdir(from, { withFileTypes: true, encoding: 'buffer' });
  await Promise.all(
    entries.map(async (entry) => {
      const source = join(from, entry.name);
      const target = join(to, entry.name);
      if (entry.isDirectory()) await linkFolder(source, target, limit);
      else if (entry.isFile()) await limit(() => linkFile(source, target));
      else if (entry.isSymbolicLink()) {
        await symlink(await readlink(source, { encoding: 'buffer' }), target);
      }
    }),
  );
}

async function linkFile(source: Buffer, target: Buffer): Promise<void> {
  try {
    await link(source, target);
  } catch (error) {
    if (!CANNOT_LINK.has((error as NodeJS.ErrnoException).code)) throw error;
    await copyFile(source, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  }
}

function join(folder: Buffer, name: Buffer): Buffer {
  return Buffer.concat([folder, SLASH, name]);
}
