import { readdir } from 'node:fs/promises';
import path from 'node:path';

import { exists } from './files/exists.js';
import { isMissing } from './files/file-failure.js';
import { SUITE_SUMMARY, compareRunIds, isRunId } from './layout.js';

/**
 * The runs that never came to write how they ended, the oldest first. One may be under way.
 *
 * @param resultsRoot Absolute; where there is none, there are no runs.
 * @throws What the file system says.
 */
export async function listUnfinished(resultsRoot: string): Promise<readonly string[]> {
  const runs = await listRunIds(resultsRoot);
  const concluded = await Promise.all(
    runs.map((run) => exists(path.join(resultsRoot, run, SUITE_SUMMARY))),
  );
  return runs.filter((_, index) => concluded[index] === false);
}

/**
 * All runs, the oldest first.
 *
 * @throws What the file system says.
 */
export async function listRunIds(resultsRoot: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(resultsRoot, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && isRunId(entry.name))
      .map(({ name }) => name)
      .sort(compareRunIds);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
