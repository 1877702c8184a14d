import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';

import type { Leftover } from '../../../deploy/backend.js';
import { CONTROLLER } from '../../../model/node.js';
import { isOwnStaging } from '../../../remote/transfer/stream/download/local-staging.js';

/**
 * Removes incomplete copies that transfers to here have left among the results, once none is under way.
 *
 * @param folder A scenario's result folder, absolute.
 * @returns What could not be removed.
 */
export async function removeStaging(folder: string): Promise<readonly Leftover[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  const staged = entries
    .filter(({ name }) => isOwnStaging(name))
    .map(({ parentPath, name }) => path.join(parentPath, name));
  const left = await Promise.all(
    staged.map((file) =>
      rm(file, { recursive: true, force: true }).then(
        () => null,
        () => ({ node: CONTROLLER, kind: 'file', description: file }),
      ),
    ),
  );
  return left.filter((leftover) => leftover !== null);
}
