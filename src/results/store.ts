import { mkdir, readdir, readlink, rename, rm, symlink } from 'node:fs/promises';
import path from 'node:path';

import { createFailure, type Failure, type Outcome } from '../model/failure.js';
import { temporaryName, writeAtomically, writeAtomicallyNow } from './files/atomic-file.js';
import { exists } from './files/exists.js';
import { fileFailure } from './files/file-failure.js';
import { ARTIFACTS, ATTEMPTS, LATEST, isRunId, runIdAt } from './layout.js';

/** The folder of one run among the results. */
export interface RunFolder {
  /** The run's name: `YYYYMMDD_HHMMSS`, with `-2`, `-3` … where taken. */
  readonly id: string;
  /** Absolute. */
  readonly path: string;
  /** Makes the folder of a scenario; the one that is there, if it was made before. */
  scenarioFolder(name: string): Promise<Outcome<ScenarioFolder>>;
  /** Writes a file of the run, whole or not at all. */
  write(name: string, content: string): Promise<Outcome<void>>;
  /** The same, before it returns. */
  writeNow(name: string, content: string): Outcome<void>;
  /** Lets `latest` point again to the run that it pointed to before this one, if there was any. */
  yieldLatest(): Promise<readonly Failure[]>;
}

/** The folder of one scenario of a run. */
export interface ScenarioFolder {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** `test_artifacts/`, absolute; it exists. */
  readonly artifacts: string;
  /** Writes a file of the scenario, whole or not at all. */
  write(name: string, content: string): Promise<Outcome<void>>;
  /**
   * Moves everything that this attempt has left to `attempts/N/`, so that the next one begins with an empty folder.
   *
   * @param attempt 1-based.
   */
  setAside(attempt: number): Promise<Outcome<void>>;
}

export interface CreatedRun {
  readonly folder: RunFolder;
  /** What did not work and does no harm. */
  readonly warnings: readonly string[];
}

/**
 * Makes the folder of a new run, and lets `latest` point to it, so that somebody who watches finds it from the start.
 *
 * @param resultsRoot Absolute; made where it does not exist.
 */
export async function createRun(
  resultsRoot: string,
  startedAt: Date,
): Promise<Outcome<CreatedRun>> {
  try {
    await mkdir(resultsRoot, { recursive: true });
    const id = await claimName(resultsRoot, runIdAt(startedAt));
    const former = await latestOf(resultsRoot);
    const warnings = await switchLatest(resultsRoot, id);
    return { ok: true, value: { folder: openRun(resultsRoot, id, former), warnings } };
  } catch (error) {
    return { ok: false, failure: fileFailure(error, `could not make a folder in ${resultsRoot}`) };
  }
}

/** The first free name is whose `mkdir` succeeds: of two runs that start at once, each gets its own. */
async function claimName(resultsRoot: string, base: string): Promise<string> {
  for (let number = 1; ; number += 1) {
    const id = number === 1 ? base : `${base}-${number}`;
    try {
      await mkdir(path.join(resultsRoot, id));
      return id;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

async function latestOf(resultsRoot: string): Promise<string | null> {
  const former = await readlink(path.join(resultsRoot, LATEST)).catch(() => null);
  return former !== null && isRunId(former) ? former : null;
}

/** @returns Warnings: the link is a convenience, and some file systems have none. */
async function switchLatest(resultsRoot: string, id: string): Promise<readonly string[]> {
  const link = path.join(resultsRoot, LATEST);
  const temporary = temporaryName(link);
  try {
    await symlink(id, temporary);
    await rename(temporary, link);
    return [];
  } catch (error) {
    await rm(temporary, { force: true });
    return [`could not let ${link} point to ${id}: ${(error as Error).message}`];
  }
}

function openRun(resultsRoot: string, id: string, former: string | null): RunFolder {
  const folder = path.join(resultsRoot, id);
  return {
    id,
    path: folder,
    async scenarioFolder(name) {
      const scenario = openScenario(path.join(folder, name), name);
      const made = await makeFolder(scenario.artifacts);
      return made.ok ? { ok: true, value: scenario } : made;
    },
    write: (name, content) => writeAtomically(path.join(folder, name), content),
    async yieldLatest() {
      if (former === null || !(await exists(path.join(resultsRoot, former)))) return [];
      const warnings = await switchLatest(resultsRoot, former);
      return warnings.map((message) => createFailure('transfer', message));
    },
    writeNow: (name, content) => writeAtomicallyNow(path.join(folder, name), content),
  };
}

function openScenario(folder: string, name: string): ScenarioFolder {
  const artifacts = path.join(folder, ARTIFACTS);
  return {
    name,
    path: folder,
    artifacts,
    write: (file, content) => writeAtomically(path.join(folder, file), content),
    async setAside(attempt) {
      const aside = path.join(folder, ATTEMPTS, String(attempt));
      const made = await makeFolder(aside);
      if (!made.ok) return made;
      try {
        const entries = await readdir(folder);
        for (const entry of entries.filter((each) => each !== ATTEMPTS)) {
          await rename(path.join(folder, entry), path.join(aside, entry));
        }
      } catch (error) {
        return { ok: false, failure: fileFailure(error, `could not move files to ${aside}`) };
      }
      return makeFolder(artifacts);
    },
  };
}

async function makeFolder(folder: string): Promise<Outcome<void>> {
  try {
    await mkdir(folder, { recursive: true });
    return { ok: true, value: undefined };
  } catch (error) {
    return { ok: false, failure: fileFailure(error, `could not make ${folder}`) };
  }
}
