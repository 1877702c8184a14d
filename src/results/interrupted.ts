import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';

import type { Failure, Outcome } from '../model/failure.js';
import { type Mask, renderJson } from './document.js';
import { isStaging } from '../remote/transfer/stream/download/local-staging.js';
import { isTemporaryName, removeAbandonedOf, writeAtomically } from './files/atomic-file.js';
import { SUITE_SUMMARY } from './layout.js';
import { type IsAlive, readRun } from './read.js';
import { listRunIds, listUnfinished } from './run-ids.js';

export interface Concluded {
  /** The runs that were found to be interrupted, the oldest first. */
  readonly runs: readonly string[];
  readonly failures: readonly Failure[];
}

/**
 * Gives every run that died, and so never wrote its summary, the one that its traces tell, with the status `interrupted`;
 * and removes the files that it was writing at that moment.
 *
 * @param resultsRoot Absolute; where there is none, there are no runs.
 * @param isAlive Whether somebody is still at a run.
 */
export async function concludeInterrupted(
  resultsRoot: string,
  isAlive: IsAlive,
  mask: Mask,
): Promise<Concluded> {
  const runs: string[] = [];
  const failures: Failure[] = [];
  for (const run of await listUnfinished(resultsRoot)) {
    if (isAlive(run)) continue;
    await removeUnfinished(path.join(resultsRoot, run));
    const concluded = await conclude(resultsRoot, run, mask);
    if (concluded.ok) runs.push(run);
    else failures.push(concluded.failure);
  }
  await releaseReserve(resultsRoot, isAlive);
  return { runs, failures };
}

/** One that was killed after it had written its summary has left the room for another one; it can only be the last. */
async function releaseReserve(resultsRoot: string, isAlive: IsAlive): Promise<void> {
  const last = (await listRunIds(resultsRoot)).findLast((run) => !isAlive(run));
  if (last !== undefined) await removeAbandonedOf(path.join(resultsRoot, last, SUITE_SUMMARY));
}

async function conclude(resultsRoot: string, run: string, mask: Mask): Promise<Outcome<void>> {
  const found = await readRun(resultsRoot, run);
  if (found === null) return { ok: true, value: undefined };
  const { started_at, duration_s, scenarios, resumed_from, warnings } = found;
  const lasted = duration_s ?? 0;
  const summary = {
    run,
    ...(resumed_from === null ? {} : { resumed_from }),
    status: 'interrupted',
    // It never came to return one.
    exit_code: null,
    started_at,
    ended_at:
      started_at === null ? null : new Date(Date.parse(started_at) + lasted * 1000).toISOString(),
    scenarios: scenarios.map(
      ({ name, status, attempts, duration_s, failure, reason, kept_from }) => ({
        name,
        status,
        attempts,
        duration_s,
        failure,
        reason,
        ...(kept_from === null ? {} : { kept_from }),
      }),
    ),
    warnings,
  };
  return writeAtomically(path.join(resultsRoot, run, SUITE_SUMMARY), renderJson(summary, mask));
}

/** Files under the names that they have while they are written. */
async function removeUnfinished(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const { name, parentPath } of entries) {
    // Logs of services are nobody's but ours; an artifact may have any name.
    const isLog = name.endsWith('.log.part') && path.basename(parentPath) === 'services';
    if (isLog || isTemporaryName(name) || isStaging(name)) {
      await rm(path.join(parentPath, name), { recursive: true, force: true });
    }
  }
}
