import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { describe, expect, it, onTestFinished } from 'vitest';

import { type Clock, systemClock } from '../../../../src/async/clock.js';
import { type BenchContext, runBench } from '../../../../src/benchmark/load/bench.js';
import type { BenchConfig } from '../../../../src/benchmark/load/config/bench-config.js';
import { createRandomDataset } from '../../../../src/benchmark/load/dataset/random.js';
import type { BenchResult } from '../../../../src/benchmark/load/result/bench-result.js';
import type { Progress } from '../../../../src/benchmark/load/statistics/progress.js';

const config = (baseUrl: string, changes: Partial<BenchConfig> = {}): BenchConfig => ({
  baseUrl,
  model: 'm',
  endpoint: 'completions',
  dataset: 'random',
  numPrompts: 4,
  maxConcurrency: [2],
  requestRate: [Infinity],
  inputLen: 5,
  outputLen: 3,
  ignoreEos: true,
  seed: 1,
  warmup: 0,
  timeoutMs: 10_000,
  extraBody: {},
  apiKeyEnv: null,
  metadata: {},
  label: null,
  allowFailures: 0,
  ...changes,
});

const dataset = createRandomDataset(1, 5);

const contextOf = (changes: Partial<BenchContext> = {}): BenchContext => ({
  clock: systemClock,
  signal: new AbortController().signal,
  apiKey: null,
  playbookVersion: '0.0.0',
  ...changes,
});

async function measure(
  settings: BenchConfig,
  changes: Partial<BenchContext> = {},
): Promise<readonly BenchResult[]> {
  const outcome = await runBench(settings, dataset, contextOf(changes));
  if (!outcome.ok) throw new Error(outcome.failure.message);
  return outcome.value;
}

interface Received {
  readonly id: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly response: ServerResponse;
}

/** A server that hands over every request, its body read. */
async function serve(onRequest: (received: Received, request: IncomingMessage) => void) {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const body = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
      onRequest({ id: String(request.headers['x-request-id']), body, response }, request);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const token = (text: string, finish: string | null = null) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, text, finish_reason: finish }] })}\n\n`;
const usage = (prompt: number, completion: number) =>
  `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: prompt, completion_tokens: completion } })}\n\n`;
const DONE = 'data: [DONE]\n\n';

/** Answers at once. */
function answer({ response }: Received): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(token(' a') + token(' b', 'length') + usage(5, 2) + DONE);
}

describe('runBench', () => {
  /**
   * The clock stands still but for the script, over a real server and real connections: what is measured has to be
   * exactly what the script says.
   */
  it('measures exactly what a scripted server does', async () => {
    let timeMs = 1000;
    let readings = 0;
    const clock: Clock = {
      ...systemClock,
      monotonic: () => {
        readings += 1;
        return timeMs;
      },
    };
    const requests = new Map<string, ServerResponse>();
    const baseUrl = await serve(({ id, response }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      requests.set(id.replace('playbook-bench-0-', ''), response);
    });
    const until = async (isTrue: () => boolean) => {
      while (!isTrue()) await nextTurn();
      // The load generator's time for this turn of the event loop is over.
      await nextTurn();
      await nextTurn();
    };
    /** What each request is sent, at which time; the next step waits until that has arrived. */
    const send = async (atMs: number, index: string, text: string, isEnd = false) => {
      timeMs = 1000 + atMs;
      const before = readings;
      if (isEnd) requests.get(index)?.end(text);
      else requests.get(index)?.write(text);
      await until(() => readings > before);
    };

    const measured = measure(config(baseUrl, { numPrompts: 3 }), { clock });
    await until(() => requests.size === 2);
    await send(100, '0', token(' a'));
    await send(120, '1', token(' a') + token(' b'));
    await send(130, '0', token(' b'));
    await send(150, '1', token(' c', 'length') + usage(7, 3) + DONE, true);
    await until(() => requests.size === 3);
    await send(160, '0', token(' c', 'length') + usage(5, 4) + DONE, true);
    await send(250, '2', token(' a').slice(0, 25));
    await send(251, '2', token(' a').slice(25));
    await send(280, '2', token(' b', 'stop') + DONE, true);
    const [result] = await measured;

    expect(result).toMatchObject({
      completed: 3,
      failed: 0,
      duration: 0.28,
      // Four by the server's account, three, and two that were counted.
      token_source: 'mixed',
      total_output_tokens: 9,
      input_token_source: 'mixed',
      total_input_tokens: 17,
      request_throughput: expect.closeTo(3 / 0.28, 9) as number,
      output_throughput: expect.closeTo(9 / 0.28, 9) as number,
      // 100, 120, 101
      min_ttft_ms: 100,
      median_ttft_ms: 101,
      max_ttft_ms: 120,
      mean_ttft_ms: 107,
      p75_ttft_ms: 110.5,
      p99_ttft_ms: expect.closeTo(119.62, 9) as number,
      // 30, 30; 0, 30; 29
      min_itl_ms: 0,
      median_itl_ms: 30,
      mean_itl_ms: 23.8,
      p25_itl_ms: 29,
      p1_itl_ms: expect.closeTo(1.16, 9) as number,
      // 160, 150, 130
      mean_e2el_ms: expect.closeTo(440 / 3, 9) as number,
      median_e2el_ms: 150,
      // 60 / 3, 30 / 2, 29 / 1
      min_tpot_ms: 15,
      median_tpot_ms: 20,
      max_tpot_ms: 29,
      p90_tpot_ms: expect.closeTo(27.2, 9) as number,
      connect_time_ms: { mean: 0, max: 0 },
    });
  });

  it('measures one load point after the other, with prompts that no other has seen', async () => {
    const bodies: unknown[] = [];
    let inFlight = 0;
    const most: number[] = [];
    const baseUrl = await serve((received) => {
      bodies.push(received.body.prompt);
      inFlight += 1;
      most.push(inFlight);
      received.response.on('close', () => (inFlight -= 1));
      setTimeout(() => answer(received), 5);
    });
    const results = await measure(config(baseUrl, { maxConcurrency: [1, 3], numPrompts: 6 }));
    expect(results.map(({ label, completed }) => [label, completed])).toEqual([
      ['concurrency 1', 6],
      ['concurrency 3', 6],
    ]);
    expect(new Set(bodies).size).toBe(12);
    expect(Math.max(...most.slice(0, 6))).toBe(1);
    expect(Math.max(...most.slice(6))).toBe(3);
  });

  it('warms up before each load point, with prompts of its own, and measures none of that', async () => {
    const ids: string[] = [];
    const prompts = new Set<unknown>();
    const baseUrl = await serve((received) => {
      ids.push(received.id);
      prompts.add(received.body.prompt);
      answer(received);
    });
    const results = await measure(
      config(baseUrl, { warmup: 2, maxConcurrency: [1, 2], numPrompts: 3 }),
    );
    expect(results.map(({ completed }) => completed)).toEqual([3, 3]);
    expect(prompts.size).toBe(ids.length);
    expect(ids.map((id) => id.replace('playbook-bench-', '').replace(/-\d+$/, ''))).toEqual([
      ...['0-warmup', '0-warmup', '0', '0', '0'],
      ...['1-warmup', '1-warmup', '1', '1', '1'],
    ]);
  });

  it('tells of a warm-up that fails and goes on', async () => {
    let count = 0;
    const baseUrl = await serve((received) => {
      count += 1;
      if (count > 1) answer(received);
      else received.response.writeHead(500).end('cold');
    });
    const warnings: string[] = [];
    const outcome = await runBench(
      config(baseUrl, { warmup: 1, numPrompts: 2 }),
      dataset,
      contextOf(),
      { onWarning: (message) => warnings.push(message) },
    );
    expect(outcome).toMatchObject({ ok: true, value: [{ completed: 2, failed: 0 }] });
    expect(warnings).toEqual(['1 of 1 warm-up requests failed: HTTP 500: cold']);
  });

  it('asks the server for its model where none is named, with the key', async () => {
    const seen: unknown[] = [];
    const baseUrl = await serve((received, { url, headers }) => {
      seen.push([url, headers.authorization, received.body.model]);
      if (url === '/v1/models') received.response.end('{"data": [{"id": "found"}]}');
      else answer(received);
    });
    const [result] = await measure(config(baseUrl, { model: null, numPrompts: 1 }), {
      apiKey: 'k3y',
    });
    expect(result?.model_id).toBe('found');
    expect(seen).toEqual([
      ['/v1/models', 'Bearer k3y', undefined],
      ['/v1/completions', 'Bearer k3y', 'found'],
    ]);
  });

  it.each([
    [(response: ServerResponse) => response.writeHead(503).end(), 'HTTP 503 from'],
    [(response: ServerResponse) => response.end('{"data": []}'), 'lists none'],
    [(response: ServerResponse) => response.destroy(), 'other side closed'],
  ])('fails where the server names no model (%#)', async (respond, reason) => {
    const baseUrl = await serve(({ response }) => respond(response));
    const outcome = await runBench(config(baseUrl, { model: null }), dataset, contextOf());
    if (outcome.ok) throw new Error('there is no model');
    expect(outcome.failure.message).toContain(reason);
    expect(outcome.failure.hint).toContain('--model');
  });

  it('writes down what was measured when it is interrupted, and measures no more', async () => {
    const interruption = new AbortController();
    let count = 0;
    const baseUrl = await serve((received) => {
      count += 1;
      // Two are answered; two more are on their way when it ends.
      if (count <= 2) answer(received);
      else if (count === 4) interruption.abort();
    });
    const finished: string[] = [];
    const outcome = await runBench(
      config(baseUrl, { numPrompts: 10, maxConcurrency: [2, 4] }),
      dataset,
      contextOf({ signal: interruption.signal }),
      {
        onLoadPointFinished: ({ label }) => {
          finished.push(label);
          return Promise.resolve();
        },
      },
    );
    expect(outcome).toMatchObject({
      ok: true,
      value: [{ interrupted: true, completed: 2, cancelled: 2, failed: 0, num_prompts: 10 }],
    });
    expect(finished).toEqual(['concurrency 2']);
  });

  it('counts on as it goes', async () => {
    let progress: (() => Progress) | undefined;
    const baseUrl = await serve((received) => {
      if (received.id.endsWith('-2')) received.response.writeHead(500).end();
      else answer(received);
    });
    const seen: string[] = [];
    await runBench(config(baseUrl), dataset, contextOf(), {
      onLoadPointStarted: (setting, index, total, current) => {
        seen.push(`${setting.label} ${index} of ${total}`);
        progress = current;
        expect(current()).toMatchObject({ total: 4, completed: 0, ttftMs: null });
      },
    });
    expect(seen).toEqual(['concurrency 2 0 of 1']);
    expect(progress?.()).toMatchObject({ total: 4, completed: 3, failed: 1, inFlight: 0 });
    expect(progress?.().ttftMs?.p50).toBeGreaterThan(0);
    expect(progress?.().outputThroughput).toBeGreaterThan(0);
  });
});
