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
  const runs = (await listFolder(resultsRoot)).filter(isRunId).sort(compareRunIds);
  const concluded = await Promise.all(
    runs.map((run) => exists(path.join(resultsRoot, run, SUITE_SUMMARY))),
  );
  return runs.filter((_, index) => concluded[index] === false);
}

async function listFolder(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
