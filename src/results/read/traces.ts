import { type FileHandle, open, readdir } from 'node:fs/promises';
import path from 'node:path';

import type { ScenarioStatus, WarningRecord } from '../../model/result.js';
import { createWarningFold, warningsIn } from '../warnings.js';
import { exists } from '../files/exists.js';
import { ARTIFACTS, ATTEMPTS, EVENTS, RESULT_SUMMARY } from '../layout.js';
import { asNumber, asObjects, asString, parseJsonObject, readJsonObject } from './json.js';
import { parseStatus } from './record.js';

/** What the events of a run tell that has no summary. */
export interface RunTraces {
  readonly startedAt: string | null;
  /** When the last thing happened that was written down. */
  readonly lastAt: string | null;
  /** By name, in order. */
  readonly scenarios: ReadonlyMap<string, TracedScenario>;
  readonly warnings: readonly WarningRecord[];
}

export interface TracedScenario {
  readonly isBegun: boolean;
  /** `null`: its end was not written down. */
  readonly status: ScenarioStatus | null;
  readonly duration_s: number | null;
  /** It did not run: the named run has measured it. */
  readonly kept_from: string | null;
}

const NOT_BEGUN: TracedScenario = {
  isBegun: false,
  status: null,
  duration_s: null,
  kept_from: null,
};

/** Reads what a run has left behind, however far it came: its events, and the folders of its scenarios. */
export async function readTraces(runFolder: string): Promise<RunTraces> {
  const scenarios = new Map<string, TracedScenario>();
  const warned = createWarningFold();
  let startedAt: string | null = null;
  let lastAt: string | null = null;
  for await (const line of readLines(path.join(runFolder, EVENTS))) {
    lastAt = /^\{"at":"([^"]*)"/.exec(line)?.[1] ?? lastAt;
    // Most lines are output of scripts; parsing them all would take long and tell nothing.
    if (!/"type":"(suite_|scenario_|warning"|node_checked"|hook_finished")/.test(line)) continue;
    const event = parseJsonObject(line);
    if (!event) continue;
    warned.add(warningsIn(event));
    const name = asString(event['scenario']);
    switch (event['type']) {
      case 'suite_started':
        startedAt = asString(event['at']);
        for (const scenario of asObjects(event['scenarios'])) {
          const planned = asString(scenario['name']);
          if (planned !== null) scenarios.set(planned, NOT_BEGUN);
        }
        break;
      case 'scenario_started':
        if (name !== null) scenarios.set(name, { ...NOT_BEGUN, isBegun: true });
        break;
      case 'scenario_finished':
        if (name === null) break;
        scenarios.set(name, {
          isBegun: true,
          status: parseStatus(event['status']),
          duration_s: asNumber(event['duration_s']),
          kept_from: asString(event['kept_from']),
        });
        break;
    }
  }
  for (const name of await scenarioFolders(runFolder)) {
    if (scenarios.get(name)?.isBegun) continue;
    const kept = await readKept(runFolder, name);
    scenarios.set(name, kept ?? { ...NOT_BEGUN, isBegun: true });
  }
  return { startedAt, lastAt, scenarios, warnings: warned.list() };
}

/** Nothing where there is no such file. A torn last line is a line like any other: it cannot be parsed. */
async function* readLines(file: string): AsyncGenerator<string> {
  let handle: FileHandle;
  try {
    handle = await open(file);
  } catch {
    return;
  }
  try {
    if ((await handle.stat()).isFile()) yield* handle.readLines();
  } finally {
    await handle.close();
  }
}

/**
 * A scenario whose results were kept from another run before that was written down: their folder gets its name only once
 * it is whole, and says itself which run has measured it.
 */
async function readKept(runFolder: string, name: string): Promise<TracedScenario | null> {
  const summary = await readJsonObject(path.join(runFolder, name, RESULT_SUMMARY));
  const run = asString(summary?.['run']);
  const status = parseStatus(summary?.['status']);
  if (run === null || run === path.basename(runFolder) || status !== 'completed') return null;
  return { isBegun: true, status, duration_s: asNumber(summary?.['duration_s']), kept_from: run };
}

/** Hooks of the run have a folder there, too; that of a scenario has a place for artifacts from the first moment. */
async function scenarioFolders(runFolder: string): Promise<readonly string[]> {
  const entries = await readdir(runFolder, { withFileTypes: true }).catch(() => []);
  const names: string[] = [];
  for (const entry of entries) {
    if (!entry.isDirectory() || entry.name.startsWith('.')) continue;
    const within = (name: string) => exists(path.join(runFolder, entry.name, name));
    if ((await within(ARTIFACTS)) || (await within(ATTEMPTS))) names.push(entry.name);
  }
  return names.sort();
}
