import { statfs } from 'node:fs/promises';

import { createFailure, type Failure } from '../../model/failure.js';
import type { ScenarioSpec } from '../../model/scenario.js';
import { formatSize, formatWrittenSize } from '../../report/text/size.js';

/** What is free in the file system of a folder, bytes. */
export type MeasureFree = (folder: string) => Promise<number>;

/**
 * Whether there is room here for what a run brings home: a night of measurements is lost as surely by a full disk of this
 * machine as by one of a node's. As much has to be free as on the nodes.
 *
 * @param folder The run's own, absolute.
 */
export async function checkRoomForResults(
  folder: string,
  scenarios: readonly ScenarioSpec[],
  measureFree: MeasureFree = freeBytes,
): Promise<Failure | null> {
  const floors = scenarios
    .map(({ serviceHealthCheck }) => serviceHealthCheck)
    .map(({ strategy, minFreeDiskBytes }) => (strategy === 'quick' ? 0 : minFreeDiskBytes));
  const neededBytes = Math.max(0, ...floors);
  const isFree = await measureFree(folder);
  if (isFree >= neededBytes) return null;
  return createFailure(
    'disk_full',
    `only ${formatSize(isFree)} are free at ${folder} on this machine, where results go; ${formatWrittenSize(neededBytes)} are needed`,
    { hint: 'free some, or lower service_health_check.min_free_disk' },
  );
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
