import { access, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';

import type { BenchResult } from './bench-result.js';

/** Where result files go. */
export interface ResultTarget {
  readonly directory: string;
  /** `null`: named after the model and the time. */
  readonly fileName: string | null;
}

/**
 * Resolves `--output`: a directory where it is one or ends in a slash, else a file; without it, the first directory of
 * `SCENARIO_RESULT_PATH`, else the working directory. The directory is made.
 *
 * @param workingDirectory Absolute; what relative paths are relative to.
 */
export async function resolveTarget(
  output: string | undefined,
  scenarioResultPath: string | undefined,
  workingDirectory: string,
): Promise<ResultTarget> {
  const [first = ''] = (scenarioResultPath ?? '').split(':');
  const resolved = path.resolve(workingDirectory, output ?? first);
  const isDirectory =
    output === undefined || /[/\\]$/.test(output) || (await isExistingDirectory(resolved));
  const target = isDirectory
    ? { directory: resolved, fileName: null }
    : { directory: path.dirname(resolved), fileName: path.basename(resolved) };
  await mkdir(target.directory, { recursive: true });
  return target;
}

/**
 * Writes one load point into a file of its own, under a temporary name first. Only a file that was named by the user is
 * replaced.
 *
 * @param isSweep Whether there are others: then the load is part of the name.
 * @returns The file's path.
 */
export async function writeResult(
  result: BenchResult,
  target: ResultTarget,
  isSweep: boolean,
): Promise<string> {
  const named = target.fileName ?? `bench-${slug(result.model_id)}-${result.date}.json`;
  const { name, ext } = path.parse(named);
  const stem = isSweep ? `${name}-${loadSuffix(result)}` : name;
  let file = path.join(target.directory, `${stem}${ext}`);
  for (let copy = 2; target.fileName === null && (await exists(file)); copy += 1) {
    file = path.join(target.directory, `${stem}-${copy}${ext}`);
  }
  const temporary = `${file}.part`;
  try {
    await writeFile(temporary, `${JSON.stringify(result, null, 2)}\n`);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  return file;
}

/** `c8`, `r2.5`, `c8-r2.5`: unique in a sweep. */
function loadSuffix({ max_concurrency: concurrency, request_rate: rate }: BenchResult): string {
  const parts = [
    ...(concurrency === null ? [] : [`c${concurrency}`]),
    ...(rate === 'inf' ? [] : [`r${rate}`]),
  ];
  return parts.join('-') || 'unlimited';
}

/** What is safe in a file's name; of `org/model` the model. */
function slug(model: string): string {
  const last = model.split('/').findLast((part) => part !== '') ?? '';
  return last.replace(/[^A-Za-z0-9._-]+/g, '_').replace(/^[.-]+/, '') || 'model';
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

async function isExistingDirectory(file: string): Promise<boolean> {
  return stat(file).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
