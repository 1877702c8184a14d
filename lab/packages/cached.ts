import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { CACHE } from '../nodes/layout.js';

/**
 * A folder of the cache, made only where it is missing.
 *
 * @param recipe Everything its content depends on: another recipe is another folder.
 * @param build Fills the folder given; interrupted, it leaves nothing that counts as made.
 */
export async function cached(
  name: string,
  recipe: unknown,
  build: (folder: string) => Promise<void>,
): Promise<string> {
  const digest = createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 12);
  const folder = join(CACHE, `${name}-${digest}`);
  if (existsSync(folder)) return folder;
  await mkdir(CACHE, { recursive: true });
  const partial = await mkdtemp(join(CACHE, `partial-${name}-`));
  try {
    await build(partial);
    await rename(partial, folder);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return folder;
}

/** Removes what builds that were killed left in the cache. */
export async function removePartialBuilds(): Promise<void> {
  if (!existsSync(CACHE)) return;
  for (const name of await readdir(CACHE)) {
    if (name.startsWith('partial-')) {
      await rm(join(CACHE, name), { recursive: true, force: true });
    }
  }
}
