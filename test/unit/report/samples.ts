import { PassThrough } from 'node:stream';

import type { RunEvent, StampedEvent } from '../../../src/model/event.js';
import type { Phase } from '../../../src/model/plan.js';
import {
  type FailureRecord,
  LATENCIES,
  type LoadPoint,
  type ScenarioOutcome,
  STATISTICS,
} from '../../../src/model/result.js';

/** The moment in which the sample runs begin. */
export const START = Date.UTC(2026, 5, 1, 19, 4, 9);

/** An event so many seconds after the start. */
export function at(seconds: number, event: RunEvent): StampedEvent {
  return { at: new Date(START + seconds * 1000).toISOString(), ...event };
}

export function failureRecord(overrides: Partial<FailureRecord> = {}): FailureRecord {
  return {
    kind: 'service_exited',
    message: 'exited with status 1 before it was ready',
    hint: 'read its log',
    node: 'node1',
    service: 'p-1',
    output: ['loading weights', 'CUDA error: out of memory'],
    ...overrides,
  };
}

export function loadPoint(overrides: Partial<LoadPoint> = {}): LoadPoint {
  const latencies = STATISTICS.flatMap((statistic) =>
    LATENCIES.map((latency) => [`${statistic}_${latency}_ms`, null] as const),
  );
  return {
    source: 'playbook-bench',
    label: '',
    concurrency: null,
    request_rate: null,
    duration_s: null,
    requests_completed: null,
    requests_failed: null,
    input_tokens: null,
    output_tokens: null,
    request_throughput: null,
    output_token_throughput: null,
    total_token_throughput: null,
    ...(Object.fromEntries(latencies) as Record<(typeof latencies)[number][0], null>),
    ...overrides,
  };
}

/** A load point with round numbers. */
export function measuredPoint(concurrency: number, overrides: Partial<LoadPoint> = {}): LoadPoint {
  return loadPoint({
    concurrency,
    request_rate: 'inf',
    duration_s: 12.5,
    requests_completed: 100,
    requests_failed: 0,
    request_throughput: concurrency,
    output_token_throughput: concurrency * 150,
    p50_ttft_ms: 45.6,
    p99_ttft_ms: 1234.5,
    p50_tpot_ms: 9.87,
    ...overrides,
  });
}

export function outcome(name: string, overrides: Partial<ScenarioOutcome> = {}): ScenarioOutcome {
  return {
    name,
    status: 'completed',
    attempts: 1,
    duration_s: 68.2,
    failure: null,
    reason: null,
    ...overrides,
  };
}

export function suiteStarted(...names: readonly string[]): RunEvent {
  return {
    type: 'suite_started',
    run: '20260601_190409',
    results_path: '/project/results/20260601_190409',
    nodes: ['node1', 'node2'],
    scenarios: names.map((name) => ({ name, services: 2, estimated_duration_s: 300 })),
  };
}

export function scenarioStarted(
  scenario: string,
  overrides: Partial<Extract<RunEvent, { type: 'scenario_started' }>> = {},
): RunEvent {
  return {
    type: 'scenario_started',
    scenario,
    description: 'One engine, alone',
    attempt: 1,
    max_attempts: 1,
    index: 1,
    total: 1,
    estimated_duration_s: 300,
    services: [
      { service: 'redis', node: 'node1', batch: 1, depends_on: [] },
      { service: 'p-1', node: 'node2', batch: 2, depends_on: ['redis'] },
    ],
    ...overrides,
  };
}

export function phaseStarted(scenario: string, phase: Phase): RunEvent {
  return { type: 'phase_started', scenario, phase };
}

export function phaseFinished(
  scenario: string,
  phase: Phase,
  duration_s: number,
  status: 'ok' | 'failed' | 'cancelled' = 'ok',
  failure: FailureRecord | null = null,
): RunEvent {
  return { type: 'phase_finished', scenario, phase, status, duration_s, failure };
}

export function scenarioFinished(
  scenario: string,
  overrides: Partial<Extract<RunEvent, { type: 'scenario_finished' }>> = {},
): RunEvent {
  return {
    type: 'scenario_finished',
    scenario,
    status: 'completed',
    attempts: 1,
    duration_s: 68.2,
    failure: null,
    reason: null,
    metrics: [],
    results_path: `/project/results/20260601_190409/${scenario}`,
    ...overrides,
  };
}

export function suiteFinished(...scenarios: readonly ScenarioOutcome[]): RunEvent {
  return {
    type: 'suite_finished',
    run: '20260601_190409',
    status: scenarios.every(({ status }) => status === 'completed') ? 'completed' : 'failed',
    exit_code: scenarios.every(({ status }) => status === 'completed') ? 0 : 1,
    duration_s: 90.5,
    results_path: '/project/results/20260601_190409',
    scenarios,
    warnings: [],
  };
}

/** A stream, and everything that was written to it. */
export function recordedStream(): { readonly stream: PassThrough; readonly text: () => string } {
  const stream = new PassThrough();
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return { stream, text: () => Buffer.concat(chunks).toString() };
}
