import path from 'node:path';

/** The files of a run's folder. */
export const SUITE_SUMMARY = 'suite_summary.json';
export const EVENTS = 'events.ndjson';
/** Of a run that continues another: which one. */
export const RESUMED_FROM = 'resumed_from.json';
/** Of a run that another one continues: which one. */
export const RESUMED_BY = 'resumed_by.json';
/** Of a run, and of each scenario. */
export const TEST_REPORT = 'test_report.md';

/** The files and folders of a scenario's folder. */
export const RESULT_SUMMARY = 'result_summary.json';
export const TEST_METADATA = 'test_metadata.json';
/** Everything that a result stands on, to be compared. */
export const INPUTS = 'inputs.json';
export const PERFORMANCE_RESULTS = 'performance_results.csv';
/** What `result_paths` named, and the script's two streams. */
export const ARTIFACTS = 'test_artifacts';
/** What the nodes said: service logs and system logs. */
export const NODES = 'nodes';
/** What hooks printed. No scenario's artifact. */
export const HOOKS = 'hooks';
/** Earlier tries of the same scenario. */
export const ATTEMPTS = 'attempts';

/** The link to the newest run. */
export const LATEST = 'latest';

/** Where a service's log is kept, absolute. */
export function serviceLogPath(scenarioFolder: string, node: string, service: string): string {
  return path.join(scenarioFolder, NODES, node, 'services', `${service}.log`);
}

/** Where the system logs of a node are kept, absolute. */
export function systemFolderPath(scenarioFolder: string, node: string): string {
  return path.join(scenarioFolder, NODES, node, 'system');
}

/** `20260601_190411`, local time: the name of a run. */
export function runIdAt(time: Date): string {
  const date = [time.getFullYear(), time.getMonth() + 1, time.getDate()];
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()];
  return `${date.map(twoDigits).join('')}_${clock.map(twoDigits).join('')}`;
}

/** Whether a folder among the results has the name of a run. */
export function isRunId(name: string): boolean {
  return RUN_ID.test(name);
}

/** Older runs first. Runs of the same second are told apart by a number that is no text: -10 comes after -2. */
export function compareRunIds(a: string, b: string): number {
  const [, timeA = '', numberA = '1'] = RUN_ID.exec(a) ?? [];
  const [, timeB = '', numberB = '1'] = RUN_ID.exec(b) ?? [];
  if (timeA !== timeB) return timeA < timeB ? -1 : 1;
  return Number(numberA) - Number(numberB);
}

const RUN_ID = /^(\d{8}_\d{6})(?:-(\d+))?$/;

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
