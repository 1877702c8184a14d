import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';

import type { LoadPoint } from '../../model/result.js';
import { readVllmResult } from './vllm.js';

/** A summary of measurements is small; what is larger is raw data. */
const LARGEST_SUMMARY = 16 * 1024 * 1024;

export interface ReadLoadPoints {
  readonly points: readonly LoadPoint[];
  /** Files of measurements that were cut off: part of a measurement is none. */
  readonly interrupted: readonly string[];
}

/**
 * Reads the load points from those of the files that are results of a benchmark tool, by their concurrency.
 *
 * @param folder Absolute.
 * @param files Relative to it.
 */
export async function readLoadPoints(
  folder: string,
  files: readonly string[],
): Promise<ReadLoadPoints> {
  const points: LoadPoint[] = [];
  const interrupted: string[] = [];
  for (const file of files) {
    if (!/\.(json|jsonl|ndjson)$/.test(file)) continue;
    const absolute = path.join(folder, file);
    if ((await stat(absolute)).size > LARGEST_SUMMARY) continue;
    const text = await readFile(absolute, 'utf8');
    const read = readVllmResult(text, path.basename(file)) ?? [];
    if (read.length > 0 && isInterrupted(text)) interrupted.push(file);
    else points.push(...read);
  }
  points.sort((a, b) => (a.concurrency ?? 0) - (b.concurrency ?? 0));
  return { points, interrupted };
}

/** As `playbook bench` marks what it could not finish. */
function isInterrupted(text: string): boolean {
  return /"interrupted":\s*true/.test(text);
}
