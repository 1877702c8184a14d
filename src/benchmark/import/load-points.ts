import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';

import type { LoadPoint } from '../../model/result.js';
import { readVllmResult } from './vllm.js';

/** A summary of measurements is small; what is larger is raw data. */
const LARGEST_SUMMARY = 16 * 1024 * 1024;

/**
 * Reads the load points from those of the files that are results of a benchmark tool, in the order of the files.
 *
 * @param folder Absolute.
 * @param files Relative to it.
 */
export async function readLoadPoints(
  folder: string,
  files: readonly string[],
): Promise<readonly LoadPoint[]> {
  const points: LoadPoint[] = [];
  for (const file of files) {
    if (!/\.(json|jsonl|ndjson)$/.test(file)) continue;
    const absolute = path.join(folder, file);
    if ((await stat(absolute)).size > LARGEST_SUMMARY) continue;
    points.push(...(readVllmResult(await readFile(absolute, 'utf8'), path.basename(file)) ?? []));
  }
  return points.sort((a, b) => (a.concurrency ?? 0) - (b.concurrency ?? 0));
}
