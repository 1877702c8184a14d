import { describe, expect, it } from 'vitest';

import {
  type CheckResult,
  type HealthEvent,
  monitorHealth,
} from '../../../../src/deploy/process/health-monitor.js';
import type { HealthCheck } from '../../../../src/model/service.js';
import { createManualClock } from '../../../support/manual-clock.js';

const FAILED: CheckResult = { isHealthy: false, message: 'exited with status 1' };
const PASSED: CheckResult = { isHealthy: true };

/** A monitor whose checks take no time and are answered by a script of `+` and `-`; the last answer stays. */
function monitor(answers: string, changes: Partial<HealthCheck> = {}) {
  const clock = createManualClock();
  const events: string[] = [];
  const asked: number[] = [];
  const stop = new AbortController();
  const check: HealthCheck = {
    argv: ['x'],
    intervalMs: 10_000,
    timeoutMs: 1_000,
    retries: 3,
    startPeriodMs: 0,
    startIntervalMs: 1_000,
    ...changes,
  };
  const ended = monitorHealth({
    check,
    clock,
    run: () => {
      const answer = answers[Math.min(asked.length, answers.length - 1)];
      asked.push(clock.monotonic() / 1_000);
      return Promise.resolve(answer === '+' ? PASSED : FAILED);
    },
    onEvent: (event: HealthEvent) => events.push(`${event.type} at ${clock.monotonic() / 1_000}`),
    signal: stop.signal,
  });
  return { clock, events, asked, stop, ended };
}

describe('a health check, as Docker defines it', () => {
  it('is run first after an interval, then an interval after each run', async () => {
    const { clock, asked } = monitor('+');
    await clock.advance(35_000);
    expect(asked).toEqual([10, 20, 30]);
  });

  it('makes healthy with its first success, and says so once', async () => {
    const { clock, events } = monitor('--+');
    await clock.advance(100_000);
    expect(events).toEqual(['healthy at 30']);
  });

  it('makes unhealthy after so many failures in a row', async () => {
    const { clock, events } = monitor('-');
    await clock.advance(100_000);
    expect(events).toEqual(['unhealthy at 30']);
  });

  it('begins to count anew after a success', async () => {
    const { clock, events } = monitor('--+--+---');
    await clock.advance(200_000);
    expect(events).toEqual(['healthy at 30', 'unhealthy at 90']);
  });

  it('makes healthy again what was unhealthy', async () => {
    const { clock, events } = monitor('---+');
    await clock.advance(100_000);
    expect(events).toEqual(['unhealthy at 30', 'healthy at 40']);
  });

  it('does not count failures in the start period, and asks more often in it', async () => {
    const { clock, events, asked } = monitor('-', { startPeriodMs: 3_500, retries: 2 });
    await clock.advance(30_000);
    expect(asked).toEqual([1, 2, 3, 4, 14, 24]);
    expect(events).toEqual(['unhealthy at 14']);
  });

  it('ends the start period with the first success', async () => {
    const { clock, events, asked } = monitor('-+--', { startPeriodMs: 60_000, retries: 2 });
    await clock.advance(30_000);
    expect(asked).toEqual([1, 2, 12, 22]);
    expect(events).toEqual(['healthy at 2', 'unhealthy at 22']);
  });

  it('says how often it failed, and how', async () => {
    const clock = createManualClock();
    const events: HealthEvent[] = [];
    const stop = new AbortController();
    const check = {
      argv: ['x'],
      intervalMs: 1,
      timeoutMs: 1,
      retries: 2,
      startPeriodMs: 0,
      startIntervalMs: 1,
    };
    void monitorHealth({
      check,
      clock,
      run: () => Promise.resolve(FAILED),
      onEvent: (event) => events.push(event),
      signal: stop.signal,
    });
    await clock.advance(10);
    stop.abort();
    expect(events).toEqual([
      { type: 'unhealthy', message: 'health check failed 2 times in a row: exited with status 1' },
    ]);
  });

  it('stops at once when told, and leaves no timer', async () => {
    const { clock, events, asked, stop, ended } = monitor('+');
    stop.abort();
    await ended;
    await clock.advance(100_000);
    expect([events, asked, clock.remaining]).toEqual([[], [], []]);
  });

  it('keeps to itself what a check found that was cut off', async () => {
    const clock = createManualClock();
    const events: HealthEvent[] = [];
    const stop = new AbortController();
    const check = {
      argv: ['x'],
      intervalMs: 1,
      timeoutMs: 1,
      retries: 1,
      startPeriodMs: 0,
      startIntervalMs: 1,
    };
    const ended = monitorHealth({
      check,
      clock,
      run: (signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve(FAILED));
        }),
      onEvent: (event) => events.push(event),
      signal: stop.signal,
    });
    await clock.advance(5);
    stop.abort();
    await ended;
    expect(events).toEqual([]);
  });
});
