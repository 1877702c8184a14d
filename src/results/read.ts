import path from 'node:path';

import pLimit from 'p-limit';

import { ExitCode } from '../model/exit-code.js';
import { readContinuation } from './continuation.js';
import { LATEST, RESULT_SUMMARY, SUITE_SUMMARY } from './layout.js';
import { type JsonObject, asNumber, asObjects, asString, readJsonObject } from './read/json.js';
import {
  type RunDetails,
  type RunRecord,
  type ScenarioDetails,
  parseFailure,
  parseLoadPoints,
  parseStatus,
  parseWarnings,
} from './read/record.js';
import { type TracedScenario, readTraces } from './read/traces.js';
import { listRunIds } from './run-ids.js';

/** Whether somebody is still at a run that has no summary yet. */
export type IsAlive = (run: string) => boolean;

const READS_AT_ONCE = 8;
const nobody: IsAlive = () => false;

/**
 * All runs among the results, the newest first. What is no run is passed over; a run without a summary that nobody is
 * at is `interrupted`, and told of as far as its events go.
 *
 * @param resultsRoot Absolute; where there is none, there are no runs.
 */
export async function readRuns(
  resultsRoot: string,
  isAlive: IsAlive = nobody,
): Promise<readonly RunRecord[]> {
  const limit = pLimit(READS_AT_ONCE);
  const runs = (await listRuns(resultsRoot)).map((run) =>
    limit(async (): Promise<RunRecord> => {
      const folder = path.join(resultsRoot, run);
      const details = await readOutcome(folder, run, isAlive);
      return {
        run,
        status: details.status,
        exit_code: details.exit_code,
        started_at: details.started_at,
        duration_s: details.duration_s,
        resumed_from: details.resumed_from,
        resumed_by: details.resumed_by,
        scenarios: details.scenarios.map(({ name, status, duration_s, kept_from }) => ({
          name,
          status,
          duration_s,
          kept_from,
        })),
      };
    }),
  );
  return Promise.all(runs);
}

/**
 * One run with all that its files tell.
 *
 * @param name A run's name, the beginning of one that no other run shares, or `latest`: the newest that was begun.
 * @returns `null` where there is no such run.
 */
export async function readRun(
  resultsRoot: string,
  name: string,
  isAlive: IsAlive = nobody,
): Promise<RunDetails | null> {
  const runs = await listRuns(resultsRoot);
  const run = name === LATEST ? await newestOf(runs, resultsRoot) : selectRun(runs, name);
  if (run === null) return null;
  const folder = path.join(resultsRoot, run);
  const outcome = await readOutcome(folder, run, isAlive);
  const limit = pLimit(READS_AT_ONCE);
  const scenarios = outcome.scenarios.map((scenario) =>
    limit(() => addResultSummary(scenario, folder)),
  );
  return { ...outcome, scenarios: await Promise.all(scenarios) };
}

/** Not one that others have kept from beginning, where there is another. */
async function newestOf(runs: readonly string[], resultsRoot: string): Promise<string | null> {
  for (const run of runs) {
    const summary = await readJsonObject(path.join(resultsRoot, run, SUITE_SUMMARY));
    if (summary?.['exit_code'] !== ExitCode.locked) return run;
  }
  return runs[0] ?? null;
}

function selectRun(runs: readonly string[], name: string): string | null {
  if (runs.includes(name)) return name;
  const [first, ...others] = runs.filter((run) => run.startsWith(name));
  return first !== undefined && others.length === 0 && name !== '' ? first : null;
}

/** Newest first. */
async function listRuns(resultsRoot: string): Promise<readonly string[]> {
  return [...(await listRunIds(resultsRoot))].reverse();
}

async function readOutcome(folder: string, run: string, isAlive: IsAlive): Promise<RunDetails> {
  const summary = await readJsonObject(path.join(folder, SUITE_SUMMARY));
  const status = parseStatus(summary?.['status']);
  if (!summary || status === null) return traceOutcome(folder, run, isAlive(run));
  const startedAt = asString(summary['started_at']);
  return {
    run,
    status,
    exit_code: asNumber(summary['exit_code']),
    started_at: startedAt,
    duration_s: secondsBetween(startedAt, asString(summary['ended_at'])),
    ...(await readContinuation(folder)),
    results_path: folder,
    failure: parseFailure(summary['failure']),
    scenarios: asObjects(summary['scenarios']).flatMap(parseScenario),
    warnings: parseWarnings(summary['warnings']),
  };
}

function parseScenario(scenario: JsonObject): ScenarioDetails[] {
  const name = asString(scenario['name']);
  const status = parseStatus(scenario['status']);
  if (name === null || status === null) return [];
  return [
    {
      name,
      status,
      attempts: asNumber(scenario['attempts']) ?? 0,
      duration_s: asNumber(scenario['duration_s']),
      failure: parseFailure(scenario['failure']),
      reason: asString(scenario['reason']),
      kept_from: asString(scenario['kept_from']),
      metrics: [],
    },
  ];
}

async function traceOutcome(folder: string, run: string, isAlive: boolean): Promise<RunDetails> {
  const { startedAt, lastAt, scenarios, warnings } = await readTraces(folder);
  const status = isAlive ? 'running' : 'interrupted';
  const describe = ([name, scenario]: [string, TracedScenario]): ScenarioDetails => ({
    name,
    status: scenario.status ?? (scenario.isBegun ? status : 'skipped'),
    attempts: scenario.isBegun ? 1 : 0,
    duration_s: scenario.duration_s,
    failure: null,
    reason: scenario.isBegun ? null : isAlive ? 'not begun yet' : 'the run was interrupted before',
    kept_from: scenario.kept_from,
    metrics: [],
  });
  return {
    run,
    status,
    exit_code: null,
    started_at: startedAt,
    duration_s: secondsBetween(startedAt, lastAt),
    ...(await readContinuation(folder)),
    results_path: folder,
    failure: null,
    scenarios: [...scenarios].map(describe),
    warnings,
  };
}

async function addResultSummary(
  scenario: ScenarioDetails,
  folder: string,
): Promise<ScenarioDetails> {
  const summary = await readJsonObject(path.join(folder, scenario.name, RESULT_SUMMARY));
  if (!summary) return scenario;
  return {
    ...scenario,
    attempts: asNumber(summary['attempts']) ?? scenario.attempts,
    failure: scenario.failure ?? parseFailure(summary['failure']),
    metrics: parseLoadPoints(summary['metrics']),
  };
}

function secondsBetween(start: string | null, end: string | null): number | null {
  if (start === null || end === null) return null;
  const ms = Date.parse(end) - Date.parse(start);
  return Number.isNaN(ms) ? null : Math.max(0, ms) / 1000;
}
