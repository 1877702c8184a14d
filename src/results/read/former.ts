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
  compareRunIds,
} from '../layout.js';
import { readRun } from '../read.js';
import { asNumber, asObjects, asString, readJsonObject } from './json.js';
import {
  type RecordedStatus,
  type RunDetails,
  type ScenarioDetails,
  parseLoadPoints,
  parseStatus,
} from './record.js';

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

/**
 * Reads the scenarios of an earlier run, and makes sure that what they have brought home is still as it was. What that run
 * was to continue and did not come to is taken from the run that it continued.
 */
export async function readFormerScenarios(run: RunDetails): Promise<readonly FormerScenario[]> {
  const before = await readContinued(run);
  const scenarios: FormerScenario[] = [];
  // One after the other: hashing their files keeps the disk busy as it is.
  for (const scenario of run.scenarios) {
    const own = await readFormer(run, scenario);
    scenarios.push(own.status === 'skipped' ? ((await inherit(own.name, before)) ?? own) : own);
  }
  return scenarios;
}

async function readFormer(
  run: RunDetails,
  { name, status, failure, reason }: ScenarioDetails,
): Promise<FormerScenario> {
  const folder = path.join(run.results_path, name);
  const found = status === 'completed' ? await readResult(folder) : { result: null };
  return { name, status, failure, reason, damage: null, ...found };
}

/** The runs that a run continues, directly and over others, the newest first; as far as they are still there. */
async function readContinued(run: RunDetails): Promise<readonly RunDetails[]> {
  const runs: RunDetails[] = [];
  for (let last = run; last.resumed_from !== null;) {
    const before = await readRun(path.dirname(last.results_path), last.resumed_from);
    // Only ever back in time, whatever the files say.
    if (before?.run !== last.resumed_from || compareRunIds(before.run, last.run) >= 0) break;
    runs.push(before);
    last = before;
  }
  return runs;
}

/** The result of the last of some runs that came to a scenario; `null` where that is none to keep. */
async function inherit(name: string, runs: readonly RunDetails[]): Promise<FormerScenario | null> {
  for (const run of runs) {
    const scenario = run.scenarios.find((each) => each.name === name);
    if (!scenario) return null;
    if (scenario.status === 'skipped') continue;
    const former = await readFormer(run, scenario);
    return former.result === null ? null : former;
  }
  return null;
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
  if (file === null || size === null || sha256 === null) return [];
  const encoded = asString(artifact['path_encoded']);
  return [{ path: file, ...(encoded === null ? {} : { path_encoded: encoded }), size, sha256 }];
}

/** The first file that is not there as it was written. */
async function findDamage(folder: string, artifacts: readonly Artifact[]): Promise<string | null> {
  const inventory = await takeInventory(folder);
  if (!inventory.ok) return inventory.failure.message;
  // Names that are not UTF-8 may look the same; results of before they were told apart have the one only.
  const present = new Map(
    inventory.value.flatMap((artifact) => [
      [artifact.path, artifact],
      [artifact.path_encoded ?? artifact.path, artifact],
    ]),
  );
  for (const { path: file, path_encoded, sha256 } of artifacts) {
    const found = present.get(path_encoded ?? file);
    if (!found) return `${file} is missing`;
    if (found.sha256 !== sha256) return `${file} is not as it was written: its sha256 differs`;
  }
  return null;
}
