import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import type { BenchConfig } from '../../../../src/benchmark/load/config/bench-config.js';
import type { Measurement } from '../../../../src/benchmark/load/load-point.js';
import { listSettings } from '../../../../src/benchmark/load/load-setting.js';
import type {
  CompletedRequest,
  RequestFailure,
} from '../../../../src/benchmark/load/request/outcome.js';
import type { BenchResult } from '../../../../src/benchmark/load/result/bench-result.js';
import {
  type MeasurementContext,
  summarize,
} from '../../../../src/benchmark/load/result/summarize.js';
import { resolveTarget, writeResult } from '../../../../src/benchmark/load/result/write.js';
import { makeTempFolder } from '../../../support/temp-folder.js';

const config: BenchConfig = {
  baseUrl: 'http://gpu1:8000',
  model: 'm',
  endpoint: 'completions',
  dataset: 'random',
  numPrompts: 4,
  maxConcurrency: [2],
  requestRate: [Infinity],
  inputLen: 100,
  outputLen: 3,
  ignoreEos: true,
  seed: 1,
  warmup: 0,
  timeoutMs: 1000,
  extraBody: {},
  apiKeyEnv: null,
  metadata: {},
  label: null,
  allowFailures: 0,
};

const contextOf = (changes: Partial<MeasurementContext> = {}): MeasurementContext => ({
  config,
  setting: { maxConcurrency: 2, requestRate: Infinity, label: 'concurrency 2' },
  model: 'org/m',
  startedAt: new Date(2026, 0, 31, 4, 5, 6),
  eventLoopDelay: { mean: 0, p99: 0, max: 0 },
  datasetSize: Infinity,
  resent: 0,
  playbookVersion: '1.2.3',
  ...changes,
});

/** Sent at `sentMs`, its tokens that much later. */
function completed(
  sentMs: number,
  tokensAfterMs: readonly number[],
  more: Partial<CompletedRequest> = {},
): CompletedRequest {
  return {
    status: 'completed',
    startedMs: sentMs,
    sentMs,
    tokenTimesMs: tokensAfterMs.map((after) => sentMs + after),
    completedMs: sentMs + (tokensAfterMs.at(-1) ?? 0),
    inputTokens: 100,
    outputTokens: tokensAfterMs.length,
    ...more,
  };
}

const failed = (failure: Partial<RequestFailure>) => ({
  status: 'failed' as const,
  startedMs: 0,
  failure: { kind: 'timeout' as const, message: 'late', status: null, ...failure },
});

function measurement(
  outcomes: readonly Measurement['requests'][number]['outcome'][],
  more: Partial<Measurement> = {},
): Measurement {
  return {
    requests: outcomes.map((outcome, index) => ({ index, arrivedMs: 0, outcome })),
    durationMs: 2000,
    isInterrupted: false,
    ...more,
  };
}

describe('a result', () => {
  it('has exact counts, totals, throughputs and latencies', () => {
    const result = summarize(
      measurement([
        completed(0, [100, 110, 130]),
        completed(50, [200, 240]),
        completed(100, [300], { inputTokens: 7 }),
      ]),
      contextOf(),
    );
    expect(result).toMatchObject({
      date: '20260131-040506',
      backend: 'playbook-bench',
      playbook_version: '1.2.3',
      label: 'concurrency 2',
      model_id: 'org/m',
      num_prompts: 4,
      request_rate: 'inf',
      max_concurrency: 2,
      duration: 2,
      completed: 3,
      failed: 0,
      cancelled: 0,
      interrupted: false,
      errors: [],
      token_source: 'usage',
      input_token_source: 'usage',
      total_input_tokens: 207,
      total_output_tokens: 6,
      request_throughput: 1.5,
      output_throughput: 3,
      total_token_throughput: 106.5,
      mean_ttft_ms: 200,
      median_ttft_ms: 200,
      min_ttft_ms: 100,
      max_ttft_ms: 300,
      p25_ttft_ms: 150,
      p99_ttft_ms: 298,
      // (130 - 100) / 2 and (240 - 200) / 1; a single token has no time per further token.
      mean_tpot_ms: 27.5,
      min_tpot_ms: 15,
      max_tpot_ms: 40,
      // 10, 20, 40
      median_itl_ms: 20,
      mean_itl_ms: 70 / 3,
      p50_itl_ms: 20,
      p90_itl_ms: 36,
      // 130, 240, 300
      median_e2el_ms: 240,
      'p99.9_e2el_ms': expect.closeTo(299.88, 9) as number,
      percentile_method: 'linear',
      warnings: [],
    });
    expect(result.std_ttft_ms).toBeCloseTo(Math.sqrt(20_000 / 3), 12);
    expect(result).not.toHaveProperty('p99_client_queue_time_ms');
  });

  it('leaves failed and cancelled requests out of everything but their counts', () => {
    const result = summarize(
      measurement(
        [
          completed(0, [10, 20]),
          failed({}),
          failed({ message: 'later' }),
          failed({ kind: 'http_status', status: 503, message: 'HTTP 503' }),
          failed({ kind: 'http_status', status: 500, message: 'HTTP 500' }),
          { status: 'cancelled', startedMs: 0 },
        ],
        { isInterrupted: true },
      ),
      contextOf(),
    );
    expect(result).toMatchObject({
      completed: 1,
      failed: 4,
      cancelled: 1,
      interrupted: true,
      total_input_tokens: 100,
      total_output_tokens: 2,
      mean_ttft_ms: 10,
      errors: [
        { kind: 'timeout', count: 2, status: null, message: 'late' },
        { kind: 'http_status', count: 1, status: 503, message: 'HTTP 503' },
        { kind: 'http_status', count: 1, status: 500, message: 'HTTP 500' },
      ],
    });
  });

  it('has no latencies where nothing completed', () => {
    const result = summarize(measurement([failed({})]), contextOf());
    expect(result).toMatchObject({
      completed: 0,
      request_throughput: 0,
      output_throughput: 0,
      total_output_tokens: 0,
      mean_ttft_ms: null,
      'p99.9_e2el_ms': null,
      token_source: 'none',
      connect_time_ms: null,
    });
  });

  it('says where its tokens come from', () => {
    const silent = completed(0, [10, 20, 30], { inputTokens: null, outputTokens: null });
    const counted = summarize(measurement([silent]), contextOf());
    expect(counted).toMatchObject({
      token_source: 'chunks',
      total_output_tokens: 3,
      input_token_source: 'requested',
      total_input_tokens: 100,
    });
    expect(counted.warnings.join()).toContain('each event was counted as one token');

    const mixed = summarize(measurement([silent, completed(0, [10])]), contextOf());
    expect(mixed).toMatchObject({ token_source: 'mixed', input_token_source: 'mixed' });

    const unknown = summarize(
      measurement([silent]),
      contextOf({ config: { ...config, dataset: '/data/prompts.jsonl' }, datasetSize: 10 }),
    );
    expect(unknown).toMatchObject({
      input_token_source: 'none',
      total_input_tokens: null,
      total_token_throughput: null,
      input_len: null,
    });
  });

  it('takes the server’s count for TPOT, not the number of events', () => {
    // Four tokens in two events, as with speculative decoding.
    const result = summarize(
      measurement([completed(0, [100, 160], { outputTokens: 4 })]),
      contextOf(),
    );
    expect(result).toMatchObject({ mean_tpot_ms: 20, mean_itl_ms: 60, total_output_tokens: 4 });
  });

  it('counts up to the last event of the answer, not to its last token', () => {
    const result = summarize(
      measurement([completed(0, [100, 120], { completedMs: 150 })]),
      contextOf(),
    );
    expect(result).toMatchObject({ mean_e2el_ms: 150, mean_tpot_ms: 50, mean_itl_ms: 20 });
  });

  it('holds metadata at its top level, where it cannot replace what was measured', () => {
    const result = summarize(
      measurement([completed(0, [1])]),
      contextOf({ config: { ...config, metadata: { tp: 8, duration: 0, warnings: 'none' } } }),
    ) as BenchResult & Record<string, unknown>;
    expect(result.tp).toBe(8);
    expect(result.duration).toBe(2);
    expect(result.warnings).toEqual([
      'metadata duration is the name of a measured value: left out',
      'metadata warnings is the name of a measured value: left out',
    ]);
  });

  it('tells of waiting in the load generator, which latencies leave out', () => {
    const requests = [completed(500, [100]), completed(900, [100], { startedMs: 500 })];
    const result = summarize(
      measurement(requests, { durationMs: 1000 }),
      contextOf({ setting: { maxConcurrency: 2, requestRate: 4, label: '4 req/s' } }),
    );
    expect(result).toMatchObject({
      request_rate: 4,
      mean_ttft_ms: 100,
      mean_client_queue_time_ms: 700,
      connect_time_ms: { mean: 200, max: 400 },
    });
    expect(result.warnings).toEqual([
      expect.stringContaining('getting a connection took 200 ms on average') as string,
      expect.stringContaining('max_concurrency 2 held requests back for up to') as string,
    ]);
  });

  it.each([
    [{ eventLoopDelay: { mean: 1, p99: 9, max: 30 } }, 'was late by up to 9.0 ms (p99'],
    [{ datasetSize: 3 }, 'the dataset has 3 prompts for 4 requests'],
    [{ resent: 2 }, '2 requests were sent again'],
    [
      { setting: { maxConcurrency: 64, requestRate: Infinity, label: 'x' } },
      '4 requests cannot keep 64 in flight',
    ],
  ])('warns of what spoils it: %j', (changes, warning) => {
    const result = summarize(measurement([completed(0, [10, 20])]), contextOf(changes));
    expect(result.warnings).toEqual([expect.stringContaining(warning) as string]);
  });
});

describe('listSettings', () => {
  it('makes a load point of every concurrency with every rate, each with a label of its own', () => {
    const labels = (changes: Partial<BenchConfig>) =>
      listSettings({ ...config, ...changes }).map(({ label }) => label);
    expect(labels({ maxConcurrency: [null] })).toEqual(['unlimited']);
    expect(labels({ maxConcurrency: [1, null], requestRate: [2, Infinity] })).toEqual([
      '2 req/s, concurrency 1',
      'concurrency 1',
      '2 req/s',
      'unlimited',
    ]);
    expect(labels({ label: 'nightly' })).toEqual(['nightly']);
    expect(labels({ label: 'nightly', maxConcurrency: [1, 8] })).toEqual([
      'nightly, concurrency 1',
      'nightly, concurrency 8',
    ]);
  });
});

describe('writing results', () => {
  const result = (changes: Partial<MeasurementContext> = {}) =>
    summarize(measurement([completed(0, [10])]), contextOf(changes));

  it('goes into the directory of the scenario’s results, under a name that is not taken', async () => {
    const folder = await makeTempFolder();
    const target = await resolveTarget(undefined, `${folder}/first:${folder}/second`, '/');
    const files = [
      await writeResult(result({ model: 'org/a b:c' }), target, false),
      await writeResult(result({ model: 'org/a b:c' }), target, false),
    ];
    expect(files.map((file) => path.relative(folder, file))).toEqual([
      'first/bench-a_b_c-20260131-040506.json',
      'first/bench-a_b_c-20260131-040506-2.json',
    ]);
    expect(JSON.parse(await readFile(files[0] ?? '', 'utf8'))).toMatchObject({ completed: 1 });
    expect((await readdir(`${folder}/first`)).every((name) => name.endsWith('.json'))).toBe(true);
  });

  it('puts each load point of a sweep into a file of its own', async () => {
    const folder = await makeTempFolder();
    const named = await resolveTarget('out.json', undefined, folder);
    const settings = [
      { maxConcurrency: 8, requestRate: Infinity, label: 'a' },
      { maxConcurrency: null, requestRate: 2.5, label: 'b' },
      { maxConcurrency: 8, requestRate: 2, label: 'c' },
      { maxConcurrency: null, requestRate: Infinity, label: 'd' },
    ];
    for (const setting of settings) await writeResult(result({ setting }), named, true);
    expect((await readdir(folder)).sort()).toEqual([
      'out-c8-r2.json',
      'out-c8.json',
      'out-r2.5.json',
      'out-unlimited.json',
    ]);
  });

  it('replaces a file that was named, and makes directories on the way', async () => {
    const folder = await makeTempFolder();
    const target = await resolveTarget('deep/er/out.json', '/elsewhere', folder);
    await writeFile(path.join(folder, 'deep/er/out.json'), 'old');
    expect(await writeResult(result(), target, false)).toBe(path.join(folder, 'deep/er/out.json'));
    expect(await readdir(path.join(folder, 'deep/er'))).toEqual(['out.json']);
  });

  it('takes an existing directory, and one with a slash, for a directory', async () => {
    const folder = await makeTempFolder();
    await mkdir(path.join(folder, 'there'));
    expect(await resolveTarget('there', undefined, folder)).toEqual({
      directory: path.join(folder, 'there'),
      fileName: null,
    });
    expect(await resolveTarget('new/', undefined, folder)).toEqual({
      directory: path.join(folder, 'new'),
      fileName: null,
    });
  });

  it('leaves nothing behind where it fails', async () => {
    const folder = await makeTempFolder();
    const target = await resolveTarget('out.json', undefined, folder);
    await mkdir(path.join(folder, 'out.json'));
    await expect(writeResult(result(), target, false)).rejects.toThrow();
    expect(await readdir(folder)).toEqual(['out.json']);
  });
});
