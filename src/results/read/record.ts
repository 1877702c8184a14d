import type { FailureKind } from '../../model/failure.js';
import {
  type FailureRecord,
  LATENCIES,
  type LoadPoint,
  STATISTICS,
  type ScenarioStatus,
  type WarningRecord,
} from '../../model/result.js';
import { type JsonObject, asNumber, asObject, asObjects, asString, asStrings } from './json.js';

/** `running`: not over yet, and somebody is at it. */
export type RecordedStatus = ScenarioStatus | 'running';

/** A run as `results --format json` lists it. */
export interface RunRecord {
  readonly run: string;
  readonly status: RecordedStatus;
  /** `null`: it is not over, or nobody was there to see its end. */
  readonly exit_code: number | null;
  readonly started_at: string | null;
  readonly duration_s: number | null;
  /** The run that it continues. */
  readonly resumed_from: string | null;
  /** The run that continues it. */
  readonly resumed_by: string | null;
  readonly scenarios: readonly {
    readonly name: string;
    readonly status: RecordedStatus;
    readonly duration_s: number | null;
    /** It did not run: the named run has measured it. */
    readonly kept_from: string | null;
  }[];
}

/** A run with all that its files tell. */
export interface RunDetails extends RunRecord {
  /** The run's folder, absolute. */
  readonly results_path: string;
  /** What went wrong with the run itself, and with none of its scenarios. */
  readonly failure: FailureRecord | null;
  readonly scenarios: readonly ScenarioDetails[];
  readonly warnings: readonly WarningRecord[];
}

export interface ScenarioDetails {
  readonly name: string;
  readonly status: RecordedStatus;
  readonly attempts: number;
  readonly duration_s: number | null;
  readonly failure: FailureRecord | null;
  readonly reason: string | null;
  readonly kept_from: string | null;
  readonly metrics: readonly LoadPoint[];
}

const STATUSES: ReadonlySet<unknown> = new Set<ScenarioStatus>([
  'completed',
  'failed',
  'invalid',
  'skipped',
  'cancelled',
  'interrupted',
]);

/** `null` for a word that is no status. */
export function parseStatus(value: unknown): ScenarioStatus | null {
  return STATUSES.has(value) ? (value as ScenarioStatus) : null;
}

export function parseFailure(value: unknown): FailureRecord | null {
  const failure = asObject(value);
  const message = asString(failure?.['message']);
  if (!failure || message === null) return null;
  return {
    // Written by another version, it may be a kind that this one does not know; it is only shown.
    kind: (asString(failure['kind']) ?? 'unknown') as FailureKind,
    message,
    hint: asString(failure['hint']),
    node: asString(failure['node']),
    service: asString(failure['service']),
    output: asStrings(failure['output']),
  };
}

export function parseWarnings(value: unknown): readonly WarningRecord[] {
  return asObjects(value).flatMap((warning) => {
    const message = asString(warning['message']);
    if (message === null) return [];
    return {
      message,
      scenario: asString(warning['scenario']),
      node: asString(warning['node']),
      service: asString(warning['service']),
      times: asNumber(warning['times']) ?? 1,
    };
  });
}

export function parseLoadPoints(value: unknown): readonly LoadPoint[] {
  return asObjects(value).map(parseLoadPoint);
}

function parseLoadPoint(point: JsonObject): LoadPoint {
  const latencies = STATISTICS.flatMap((statistic) =>
    LATENCIES.map((latency) => `${statistic}_${latency}_ms` as const),
  );
  return {
    source: asString(point['source']) ?? '',
    label: asString(point['label']) ?? '',
    concurrency: asNumber(point['concurrency']),
    request_rate: point['request_rate'] === 'inf' ? 'inf' : asNumber(point['request_rate']),
    duration_s: asNumber(point['duration_s']),
    requests_completed: asNumber(point['requests_completed']),
    requests_failed: asNumber(point['requests_failed']),
    input_tokens: asNumber(point['input_tokens']),
    output_tokens: asNumber(point['output_tokens']),
    request_throughput: asNumber(point['request_throughput']),
    output_token_throughput: asNumber(point['output_token_throughput']),
    total_token_throughput: asNumber(point['total_token_throughput']),
    ...(Object.fromEntries(latencies.map((key) => [key, asNumber(point[key])])) as Record<
      (typeof latencies)[number],
      number | null
    >),
  };
}
