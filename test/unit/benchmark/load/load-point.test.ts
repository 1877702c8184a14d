import { describe, expect, it } from 'vitest';

import { type LoadPointPlan, runLoadPoint } from '../../../../src/benchmark/load/load-point.js';
import type { Send } from '../../../../src/benchmark/load/request/exchange.js';
import type { RequestOutcome } from '../../../../src/benchmark/load/request/outcome.js';
import { createManualClock, type ManualClock } from '../../../support/manual-clock.js';

/** A server whose requests end when the test says so. */
function manualServer(clock: ManualClock) {
  const inFlight = new Map<number, (outcome: RequestOutcome) => void>();
  const started: { readonly index: number; readonly atMs: number; readonly body: string }[] = [];
  let most = 0;
  const send: Send = (body, id, settle) => {
    const index = Number(id.split('-').at(-1));
    started.push({ index, atMs: clock.monotonic(), body: body.toString() });
    inFlight.set(index, settle);
    most = Math.max(most, inFlight.size);
    return () => end(index, { status: 'cancelled', startedMs: 0 });
  };
  const end = (index: number, outcome: RequestOutcome) => {
    const settle = inFlight.get(index);
    inFlight.delete(index);
    settle?.(outcome);
  };
  return {
    send,
    started,
    fail: (index: number) =>
      end(index, {
        status: 'failed',
        startedMs: 0,
        failure: { kind: 'timeout', message: 'too late', status: null },
      }),
    inFlight: () => [...inFlight.keys()],
    most: () => most,
  };
}

const plan = (arrivalsMs: readonly number[], maxConcurrency: number | null): LoadPointPlan => ({
  arrivalsMs: Float64Array.from(arrivalsMs),
  maxConcurrency,
  body: (index) => Buffer.from(`body ${index}`),
  idPrefix: 'test',
});

describe('runLoadPoint', () => {
  it('keeps as many requests in flight as allowed, and not one more', async () => {
    const clock = createManualClock();
    const server = manualServer(clock);
    const settled: number[] = [];
    const running = runLoadPoint(
      plan([0, 0, 0, 0, 0], 2),
      server.send,
      clock,
      new AbortController().signal,
      { onSettled: ({ index }) => settled.push(index) },
    );
    expect(server.inFlight()).toEqual([0, 1]);
    server.fail(1);
    expect(server.inFlight()).toEqual([0, 2]);
    server.fail(0);
    server.fail(2);
    expect(server.inFlight()).toEqual([3, 4]);
    await clock.advance(500);
    server.fail(4);
    server.fail(3);
    const { requests, durationMs, isInterrupted } = await running;
    expect(server.most()).toBe(2);
    expect(requests.map(({ index }) => index)).toEqual([1, 0, 2, 4, 3]);
    expect(settled).toEqual([1, 0, 2, 4, 3]);
    expect({ durationMs, isInterrupted }).toEqual({ durationMs: 500, isInterrupted: false });
    expect(server.started[3]?.body).toBe('body 3');
  });

  it('sends each request when it is due, and those that had to wait in their order', async () => {
    const clock = createManualClock();
    const server = manualServer(clock);
    const running = runLoadPoint(
      plan([0, 10, 20, 100], 1),
      server.send,
      clock,
      new AbortController().signal,
    );
    await clock.advance(50);
    expect(server.inFlight()).toEqual([0]);
    server.fail(0);
    server.fail(1);
    server.fail(2);
    expect(server.inFlight()).toEqual([]);
    await clock.advance(50);
    expect(server.started.map(({ index, atMs }) => [index, atMs])).toEqual([
      [0, 0],
      [1, 50],
      [2, 50],
      [3, 100],
    ]);
    server.fail(3);
    const { requests } = await running;
    expect(requests.map(({ arrivedMs }) => arrivedMs)).toEqual([0, 10, 20, 100]);
  });

  it('goes through requests that end at once, however many, without piling them up', async () => {
    const clock = createManualClock();
    const failAtOnce: Send = (_body, _id, settle) => {
      settle({
        status: 'failed',
        startedMs: 0,
        failure: { kind: 'connection_refused', message: 'refused', status: null },
      });
      return () => undefined;
    };
    const { requests } = await runLoadPoint(
      plan(new Array<number>(50_000).fill(0), 1),
      failAtOnce,
      clock,
      new AbortController().signal,
    );
    expect(requests).toHaveLength(50_000);
  });

  it('breaks off what is in flight and starts nothing more when it is interrupted', async () => {
    const clock = createManualClock();
    const server = manualServer(clock);
    const interruption = new AbortController();
    const running = runLoadPoint(plan([0, 0, 0, 1000], 2), server.send, clock, interruption.signal);
    await clock.advance(40);
    server.fail(0);
    interruption.abort();
    const { requests, durationMs, isInterrupted } = await running;
    expect(requests.map(({ index, outcome }) => [index, outcome.status])).toEqual([
      [0, 'failed'],
      [1, 'cancelled'],
      [2, 'cancelled'],
    ]);
    expect({ durationMs, isInterrupted }).toEqual({ durationMs: 40, isInterrupted: true });
    expect(clock.remaining).toEqual([]);
  });

  it('sends nothing at all when it was interrupted before', async () => {
    const clock = createManualClock();
    const server = manualServer(clock);
    const { requests, isInterrupted } = await runLoadPoint(
      plan([0, 0], null),
      server.send,
      clock,
      AbortSignal.abort(),
    );
    expect({ requests, isInterrupted }).toEqual({ requests: [], isInterrupted: true });
  });
});
