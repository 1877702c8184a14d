import { readFile, stat } from 'node:fs/promises';

import pLimit from 'p-limit';

import { isMissing } from '../files/file-failure.js';
import type { LocatedFile } from './files.js';

/** Larger files hold data, and no settings. In bytes. */
const LARGEST = 1024 * 1024;
const AT_ONCE = 4;
/** `.env`, `.env.prod`, `engine.env`: they are there for secrets, also for those that nobody recognizes. */
const ENV_FILE = /(?:^|\/)(?:\.env(?:\.[^/]+)?|[^/]*\.env)$/;

/**
 * The files whose plain fingerprint would give a secret away to whoever tries out what it may be: the rest of such a
 * file is no secret.
 *
 * @param holdsSecret Whether a text holds a known secret.
 * @returns Their paths, as they are listed.
 * @throws What the file system says.
 */
export async function findSecretFiles(
  files: readonly LocatedFile[],
  holdsSecret: (text: string) => boolean,
): Promise<ReadonlySet<string>> {
  const limit = pLimit(AT_ONCE);
  const found = await Promise.all(
    files.map(({ file, at }) =>
      limit(async () => {
        if ('link' in file) return [];
        const isSecret = ENV_FILE.test(file.path) || holdsSecret(await readSmall(at));
        return isSecret ? [file.path] : [];
      }),
    ),
  );
  return new Set(found.flat());
}

/** Nothing of a file that is too large, or that has a name which is no text. */
async function readSmall(file: string): Promise<string> {
  try {
    return (await stat(file)).size > LARGEST ? '' : await readFile(file, 'utf8');
  } catch (error) {
    if (isMissing(error)) return '';
    throw error;
  }
}
