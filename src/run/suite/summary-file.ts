import path from 'node:path';

import type { Outcome } from '../../model/failure.js';
import { type ReservedFile, reserveFile } from '../../results/files/reserved-file.js';
import { SUITE_SUMMARY } from '../../results/layout.js';

/** For what failed, and was warned of, and for each scenario. */
const BYTES = 16 * 1024;
const SCENARIO_BYTES = 1024;
/** The last hooks, and giving machines back, may have something to add. */
const WRITES = 2;

/**
 * The summary of a run that begins, with room for it on a disk that is full by then: without one it would be told of as
 * interrupted.
 *
 * @param folder The run's, absolute.
 */
export function reserveSummary(folder: string, scenarios: number): Promise<Outcome<ReservedFile>> {
  const bytes = BYTES + SCENARIO_BYTES * scenarios;
  return reserveFile(path.join(folder, SUITE_SUMMARY), { bytes, writes: WRITES });
}
