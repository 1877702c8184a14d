import { readFile, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';

import { createFailure, type Failure } from '../../model/failure.js';
import type { ResultPath } from '../../model/scenario.js';
import { isMissing } from '../files/file-failure.js';
import { parseFilePattern } from './glob.js';

/**
 * Takes out of the artifacts what the script did not write: files that the scenario's own folder holds at the same path
 * with the same bytes. A `*.json` would otherwise pass off `test_config.json`, or last night's numbers, as results.
 *
 * @param source The scenario's folder.
 * @param destination The folder of the artifacts.
 * @returns For each declaration that has nothing left: that it is missing.
 */
export async function discardBroughtAlong(
  source: string,
  destination: string,
  resultPaths: readonly ResultPath[],
): Promise<readonly Failure[]> {
  const directories = resultPaths.filter(({ kind }) => kind === 'directory');
  const failures: Failure[] = [];
  for (const declared of resultPaths) {
    // Declared directories were emptied before the script ran, and absolute paths lie elsewhere.
    if (declared.kind === 'directory' || declared.isAbsolute) continue;
    const pattern = parseFilePattern(path.posix.normalize(declared.path));
    const base = path.join(destination, pattern.base);
    const collected = (await filesBelow(base))
      .filter((file) => pattern.matches(file))
      .map((file) => path.posix.join(pattern.base, file))
      .filter((file) => !directories.some((directory) => file.startsWith(`${directory.path}/`)));
    let left = collected.length;
    for (const file of collected) {
      if (!(await isSame(path.join(source, file), path.join(destination, file)))) continue;
      await rm(path.join(destination, file));
      left -= 1;
    }
    if (collected.length > 0 && left === 0) failures.push(missing(declared));
  }
  return failures;
}

function missing({ path, source }: ResultPath): Failure {
  return createFailure('result_missing', `${path} is missing: the script has not written it`, {
    source,
    hint: 'what is there was brought along by the scenario and was not changed',
  });
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

async function isSame(source: string, collected: string): Promise<boolean> {
  try {
    const [before, after] = await Promise.all([stat(source), stat(collected)]);
    return before.size === after.size && (await readFile(source)).equals(await readFile(collected));
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
