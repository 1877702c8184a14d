/** What can happen to a container, as far as it matters here. */
export type DockerAction =
  'start' | 'die' | 'oom' | 'healthy' | 'unhealthy' | 'pause' | 'unpause' | 'destroy';

export interface DockerEvent {
  readonly container: string;
  readonly action: DockerAction;
  /** Of `die`. */
  readonly exitCode: number | null;
  /** ms since the epoch, by the node's clock. */
  readonly atMs: number;
  /** The same as docker takes it for `--since`: exact to the nanosecond. */
  readonly at: string;
}

const ACTIONS: ReadonlyMap<string, DockerAction> = new Map([
  ['start', 'start'],
  ['die', 'die'],
  ['oom', 'oom'],
  ['health_status: healthy', 'healthy'],
  ['health_status: unhealthy', 'unhealthy'],
  ['pause', 'pause'],
  ['unpause', 'unpause'],
  ['destroy', 'destroy'],
]);

/** @param line Of `docker events --format '{{json .}}'`. `null`: nothing that matters. */
export function parseDockerEvent(line: string): DockerEvent | null {
  const event = parseObject(line);
  const actor = asObject(event['Actor']);
  const action = ACTIONS.get(asText(event['Action']));
  const container = asText(actor['ID']);
  // As text: the number has more digits than a double.
  const nanoseconds = /"timeNano":\s*(\d+)/.exec(line)?.[1];
  if (!action || container === '' || nanoseconds === undefined) return null;
  const exitCode = Number.parseInt(asText(asObject(actor['Attributes'])['exitCode']), 10);
  return {
    container,
    action,
    exitCode: Number.isNaN(exitCode) ? null : exitCode,
    atMs: Number(nanoseconds.slice(0, -6)),
    at: `${nanoseconds.slice(0, -9)}.${nanoseconds.slice(-9)}`,
  };
}

function parseObject(line: string): Readonly<Record<string, unknown>> {
  try {
    return asObject(JSON.parse(line));
  } catch {
    // Docker may print a warning in between.
    return {};
  }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)
    : {};
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
