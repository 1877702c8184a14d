/** What docker knows of a container at one moment. */
export interface ContainerState {
  readonly container: string;
  readonly status: string;
  readonly exitCode: number;
  readonly isOutOfMemory: boolean;
  /** When it was last started, ms since the epoch by the node's clock; `null`: never. */
  readonly startedAtMs: number | null;
  /** How often its restart policy started it again. */
  readonly restarts: number;
  readonly health: 'none' | 'starting' | 'healthy' | 'unhealthy';
  /** Why its health check fails, if it does. */
  readonly complaint: string;
}

interface Inspected {
  readonly id: string;
  readonly restarts: number;
  readonly state: {
    readonly Status: string;
    readonly ExitCode: number;
    readonly OOMKilled: boolean;
    readonly StartedAt: string;
    readonly Health?: {
      readonly Status: string;
      readonly Log: readonly { readonly ExitCode: number; readonly Output: string }[] | null;
    } | null;
  };
  readonly check: { readonly Timeout?: number; readonly Retries?: number } | null;
}

/** What docker takes where the compose file does not say. */
const DEFAULT_TIMEOUT_NS = 30e9;
const DEFAULT_RETRIES = 3;
const LINES_SHOWN = 3;
const LENGTH_SHOWN = 300;

/** @param text What the inspect command prints; see `commands.ts`. */
export function parseContainerStates(text: string): ContainerState[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => readState(JSON.parse(line) as Inspected));
}

function readState({ id, restarts, state, check }: Inspected): ContainerState {
  const started = Date.parse(state.StartedAt);
  const health = state.Health?.Status ?? 'none';
  return {
    container: id,
    status: state.Status,
    exitCode: state.ExitCode,
    isOutOfMemory: state.OOMKilled,
    // The year 1 stands for never.
    startedAtMs: started > 0 ? started : null,
    restarts,
    health:
      health === 'starting' || health === 'healthy' || health === 'unhealthy' ? health : 'none',
    complaint: describeHealth(state.Health?.Log?.at(-1), check),
  };
}

function describeHealth(
  last: { readonly ExitCode: number; readonly Output: string } | undefined,
  check: Inspected['check'],
): string {
  const retries = orDefault(check?.Retries, DEFAULT_RETRIES);
  const times = retries === 1 ? '' : ` ${retries} times in a row`;
  if (!last) return `health check failed${times}`;
  // Docker's own answer for a check that it had to end.
  const isLate = last.ExitCode === -1;
  const seconds = orDefault(check?.Timeout, DEFAULT_TIMEOUT_NS) / 1e9;
  const why = isLate ? `no answer within ${seconds} s` : `exited with status ${last.ExitCode}`;
  const output = isLate ? '' : lastOutput(last.Output);
  return `health check failed${times}: ${why}${output === '' ? '' : `: ${output}`}`;
}

/** As in Docker, 0 is what is not said. */
function orDefault(value: number | undefined, otherwise: number): number {
  return value === undefined || value === 0 ? otherwise : value;
}

function lastOutput(output: string): string {
  const lines = output
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return lines.slice(-LINES_SHOWN).join('; ').slice(-LENGTH_SHOWN);
}
