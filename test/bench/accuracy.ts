/**
 * How far off the load generator is: `npm run bench:accuracy`.
 *
 * It measures a server whose answers are timed by a script and that notes when it really sent each token. The truth for
 * a TTFT is the time between the server's receiving a request and its sending the first token, for an ITL that between
 * two tokens; the error is what the load generator makes of it minus the truth, so that everything in between counts:
 * both networks stacks, both event loops.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

import { systemClock } from '../../src/async/clock.js';
import { scheduleArrivals } from '../../src/benchmark/load/arrivals.js';
import { type MeasuredRequest, runLoadPoint } from '../../src/benchmark/load/load-point.js';
import { buildBody } from '../../src/benchmark/load/request/body.js';
import { openTransport } from '../../src/benchmark/load/request/exchange.js';
import { describe } from '../../src/benchmark/load/statistics/distribution.js';
import { watchEventLoop } from '../../src/benchmark/load/statistics/event-loop-delay.js';
import { renderTable } from '../../src/report/text/table.js';
import type { Rhythm, Truth } from './scripted-server.js';

const STREAMS = [1, 50, 500];
const RHYTHMS: readonly Rhythm[] = ['spread', 'in-step'];
/** Of an answer, on average. */
const TOKENS = 100;
/** At least this many, and twice as many as there are streams. */
const LEAST_REQUESTS = 200;
/** One stream alone would take minutes for as many. */
const LONGEST_ROW = 8;
/** What the means must keep at 50 streams. */
const AIM_MS = 1;

/** Of different lengths, so that requests do not keep ending and beginning all at the same time. */
function bodyOf(index: number): Buffer {
  return buildBody(
    { isChat: false, model: 'scripted', outputLen: TOKENS, ignoreEos: true, extraBody: {} },
    {
      content: 'word '.repeat(256),
      inputLen: 256,
      outputLen: TOKENS / 2 + ((index * 37) % (TOKENS + 1)),
    },
  );
}

interface Errors {
  readonly meanTtftMs: number;
  readonly p99TtftMs: number;
  readonly meanItlMs: number;
  readonly p99ItlMs: number;
  /** The mean size of the error of a single ITL. */
  readonly singleItlMs: number;
  readonly eventLoopP99Ms: number;
  /** CPU time of the load generator for each token. */
  readonly cpuPerTokenUs: number;
}

async function measure(rhythm: Rhythm, streams: number): Promise<Errors> {
  const server = fork(fileURLToPath(new URL('scripted-server.ts', import.meta.url)), [rhythm]);
  const [address] = (await once(server, 'message')) as [AddressInfo];
  const transport = openTransport({
    url: new URL(`http://127.0.0.1:${address.port}/v1/completions`),
    timeoutMs: 120_000,
    maxConnections: streams,
    apiKey: null,
    now: () => performance.now(),
  });
  const run = (count: number, idPrefix: string) =>
    runLoadPoint(
      {
        arrivalsMs: scheduleArrivals(count, Infinity, 0),
        maxConcurrency: streams,
        body: bodyOf,
        idPrefix,
      },
      transport.send,
      systemClock,
      new AbortController().signal,
    );

  await run(Math.max(streams, 4), 'warmup');
  await takeTruths(server);
  // Whatever the warm-up has left to tidy up in either process shall not be measured.
  await systemClock.sleep(500);
  const eventLoop = watchEventLoop();
  const cpu = process.cpuUsage();
  const { requests } = await run(countRequests(streams), 'measured');
  const { user, system } = process.cpuUsage(cpu);
  const truths = await takeTruths(server);
  await transport.close();
  server.disconnect();
  return {
    ...compare(requests, truths),
    eventLoopP99Ms: eventLoop.stop().p99,
    cpuPerTokenUs: (user + system) / (requests.length * TOKENS),
  };
}

function countRequests(streams: number): number {
  return Math.min(Math.max(2 * streams, LEAST_REQUESTS), streams * LONGEST_ROW);
}

async function takeTruths(server: ChildProcess): Promise<readonly Truth[]> {
  server.send('report');
  const [truths] = (await once(server, 'message')) as [readonly Truth[]];
  return truths;
}

function compare(requests: readonly MeasuredRequest[], truths: readonly Truth[]) {
  const byId = new Map(truths.map((truth) => [truth.id, truth]));
  const measured = { ttft: [] as number[], itl: [] as number[] };
  const actual = { ttft: [] as number[], itl: [] as number[] };
  for (const { index, outcome } of requests) {
    const truth = byId.get(`measured-${index}`);
    if (outcome.status !== 'completed' || truth?.sentMs.length !== outcome.tokenTimesMs.length) {
      throw new Error(`request ${index} was not measured whole: ${JSON.stringify(outcome)}`);
    }
    measured.ttft.push((outcome.tokenTimesMs[0] ?? Number.NaN) - outcome.sentMs);
    actual.ttft.push((truth.sentMs[0] ?? Number.NaN) - truth.arrivedMs);
    measured.itl.push(...gaps(outcome.tokenTimesMs));
    actual.itl.push(...gaps(truth.sentMs));
  }
  const [ttft, trueTtft, itl, trueItl] = [measured.ttft, actual.ttft, measured.itl, actual.itl].map(
    (samples) => describe(Float64Array.from(samples)),
  );
  if (!ttft || !trueTtft || !itl || !trueItl) throw new Error('nothing was measured');
  const sizes = measured.itl.map((gap, index) => Math.abs(gap - (actual.itl[index] ?? Number.NaN)));
  return {
    meanTtftMs: ttft.mean - trueTtft.mean,
    p99TtftMs: ttft.percentiles[99] - trueTtft.percentiles[99],
    meanItlMs: itl.mean - trueItl.mean,
    p99ItlMs: itl.percentiles[99] - trueItl.percentiles[99],
    singleItlMs: sizes.reduce((sum, size) => sum + size, 0) / sizes.length,
  };
}

function gaps(times: readonly number[]): number[] {
  return times.slice(1).map((time, index) => time - (times[index] ?? Number.NaN));
}

const format = (ms: number) => (Object.is(Math.round(ms * 1000), -0) ? 0 : ms).toFixed(3);
const rows: string[][] = [];
let isMissed = false;
for (const rhythm of RHYTHMS) {
  for (const streams of STREAMS) {
    const errors = await measure(rhythm, streams);
    const { meanTtftMs, p99TtftMs, meanItlMs, p99ItlMs, singleItlMs } = errors;
    const worstMean = Math.max(Math.abs(meanTtftMs), Math.abs(meanItlMs));
    if (streams === 50 && worstMean > AIM_MS) isMissed = true;
    rows.push([
      rhythm,
      String(streams),
      ...[meanTtftMs, p99TtftMs, meanItlMs, p99ItlMs, singleItlMs, errors.eventLoopP99Ms].map(
        format,
      ),
      errors.cpuPerTokenUs.toFixed(1),
    ]);
  }
}
const titles = [
  'streams',
  'TTFT mean',
  'TTFT p99',
  'ITL mean',
  'ITL p99',
  'ITL single',
  'loop p99',
];
console.log('error in ms: measured minus true; single: mean size for one ITL\n');
console.log(
  renderTable(
    [
      { title: 'rhythm' },
      ...[...titles, 'CPU µs/token'].map((title) => ({ title, align: 'right' as const })),
    ],
    rows,
    { width: 120 },
  ),
);
console.log(`\naim: means within ${AIM_MS} ms at 50 streams: ${isMissed ? 'MISSED' : 'met'}`);
