import { type FileHandle, open, readdir } from 'node:fs/promises';
import path from 'node:path';

import type { ScenarioStatus } from '../../model/result.js';
import { EVENTS } from '../layout.js';
import { asNumber, asObjects, asString, parseJsonObject } from './json.js';
import { parseStatus } from './record.js';

/** What the events of a run tell that has no summary. */
export interface RunTraces {
  readonly startedAt: string | null;
  /** When the last thing happened that was written down. */
  readonly lastAt: string | null;
  /** By name, in order. */
  readonly scenarios: ReadonlyMap<string, TracedScenario>;
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
  let startedAt: string | null = null;
  let lastAt: string | null = null;
  for await (const line of readLines(path.join(runFolder, EVENTS))) {
    lastAt = /^\{"at":"([^"]*)"/.exec(line)?.[1] ?? lastAt;
    // Most lines are output of scripts; parsing them all would take long and tell nothing.
    if (!/"type":"(suite|scenario)_/.test(line)) continue;
    const event = parseJsonObject(line);
    if (!event) continue;
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
    if (!scenarios.get(name)?.isBegun) scenarios.set(name, { ...NOT_BEGUN, isBegun: true });
  }
  return { startedAt, lastAt, scenarios };
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

async function scenarioFolders(runFolder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(runFolder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map(({ name }) => name)
      .sort();
  } catch {
    return [];
  }
}
