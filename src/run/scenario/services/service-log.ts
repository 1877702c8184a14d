import { mkdir } from 'node:fs/promises';
import path from 'node:path';

import type { Failure } from '../../../model/failure.js';
import type { ServiceRun } from './service-run.js';

/**
 * Copies a service's log into the result folder.
 *
 * @param file Absolute; folders are made.
 */
export async function saveLogAs(
  run: ServiceRun,
  file: string,
  signal: AbortSignal,
): Promise<Failure | null> {
  if (!run.running) return null;
  await mkdir(path.dirname(file), { recursive: true });
  const saved = await run.backend.saveLog(run.running, file, signal);
  return saved.ok ? null : saved.failure;
}
