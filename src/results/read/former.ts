import path from 'node:path';

import type { Artifact, FailureRecord, LoadPoint } from '../../model/result.js';
import { exists } from '../files/exists.js';
import { type Inputs, parseInputs } from '../inputs/record.js';
import { takeInventory } from '../inventory.js';
import {
  INPUTS,
  PERFORMANCE_RESULTS,
  RESULT_SUMMARY,
  TEST_METADATA,
  TEST_REPORT,
} from '../layout.js';
import { asNumber, asObjects, asString, readJsonObject } from './json.js';
import { type RecordedStatus, type RunDetails, parseLoadPoints, parseStatus } from './record.js';

/** A scenario of an earlier run, as far as it matters for continuing that. */
export interface FormerScenario {
  readonly name: string;
  readonly status: RecordedStatus;
  readonly failure: FailureRecord | null;
  /** Why it was skipped. */
  readonly reason: string | null;
  /** `null`: it did not complete, or its folder is not as it should be. */
  readonly result: FormerResult | null;
  /** What is wrong with the folder of a scenario that completed. */
  readonly damage: string | null;
}

/** The results of a scenario that completed, all there and as they were written. */
export interface FormerResult {
  /** Its folder, absolute. */
  readonly path: string;
  /** The run that has measured it. */
  readonly run: string;
  readonly attempts: number;
  readonly duration_s: number;
  readonly metrics: readonly LoadPoint[];
  /** `null`: what it stood on was not written down, or cannot be read. */
  readonly inputs: Inputs | null;
}

/** Reads the scenarios of an earlier run, and makes sure that what they have brought home is still as it was. */
export async function readFormerScenarios(run: RunDetails): Promise<readonly FormerScenario[]> {
  const scenarios: FormerScenario[] = [];
  // One after the other: hashing their files keeps the disk busy as it is.
  for (const { name, status, failure, reason } of run.scenarios) {
    const folder = path.join(run.results_path, name);
    const found = status === 'completed' ? await readResult(folder) : { result: null };
    scenarios.push({ name, status, failure, reason, damage: null, ...found });
  }
  return scenarios;
}

type Found = { readonly result: FormerResult } | { readonly result: null; readonly damage: string };

async function readResult(folder: string): Promise<Found> {
  const damaged = (damage: string): Found => ({ result: null, damage });
  const summary = await readJsonObject(path.join(folder, RESULT_SUMMARY));
  const run = asString(summary?.['run']);
  const duration = asNumber(summary?.['duration_s']);
  if (!summary || run === null || duration === null) {
    return damaged(`${RESULT_SUMMARY} is missing or cannot be read`);
  }
  const status = parseStatus(summary['status']);
  if (status !== 'completed') return damaged(`${RESULT_SUMMARY} says ${status ?? 'nothing'}`);
  for (const file of [TEST_METADATA, PERFORMANCE_RESULTS, TEST_REPORT]) {
    if (!(await exists(path.join(folder, file)))) return damaged(`${file} is missing`);
  }
  const damage = await findDamage(folder, asObjects(summary['artifacts']).flatMap(parseArtifact));
  if (damage !== null) return damaged(damage);
  return {
    result: {
      path: folder,
      run,
      attempts: asNumber(summary['attempts']) ?? 1,
      duration_s: duration,
      metrics: parseLoadPoints(summary['metrics']),
      inputs: parseInputs(await readJsonObject(path.join(folder, INPUTS))),
    },
  };
}

function parseArtifact(artifact: Readonly<Record<string, unknown>>): Artifact[] {
  const file = asString(artifact['path']);
  const size = asNumber(artifact['size']);
  const sha256 = asString(artifact['sha256']);
  return file === null || size === null || sha256 === null ? [] : [{ path: file, size, sha256 }];
}

/** The first file that is not there as it was written. */
async function findDamage(
  folder: string,
  artifacts: readonly Artifact[],
): Promise<string | null> {
  const inventory = await takeInventory(folder);
  if (!inventory.ok) return inventory.failure.message;
  const present = new Map(inventory.value.map((artifact) => [artifact.path, artifact]));
  for (const { path: file, sha256 } of artifacts) {
    const found = present.get(file);
    if (!found) return `${file} is missing`;
    if (found.sha256 !== sha256) return `${file} is not as it was written: its sha256 differs`;
  }
  return null;
}
