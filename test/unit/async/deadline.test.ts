import { getEventListeners } from 'node:events';

import { describe, expect, it } from 'vitest';

import { systemClock } from '../../../src/async/clock.js';
import { DeadlineExceeded, startDeadline, startIdleLimit } from '../../../src/async/deadline.js';
import { createManualClock } from '../../support/manual-clock.js';

describe('a deadline', () => {
  it('aborts when its time is up', async () => {
    const clock = createManualClock();
    const deadline = startDeadline(clock, 1_000);
    await clock.advance(999);
    expect(deadline.signal.aborted).toBe(false);
    await clock.advance(1);
    expect(deadline.signal.reason).toBeInstanceOf(DeadlineExceeded);
    expect(deadline.expired()).toBe(true);
  });

  it('aborts with its parents, for their reason', () => {
    const clock = createManualClock();
    const parent = new AbortController();
    const deadline = startDeadline(clock, 1_000, undefined, parent.signal);
    parent.abort('stop');
    expect(deadline.signal.reason).toBe('stop');
    expect(deadline.expired()).toBe(false);
    expect(startDeadline(clock, 1_000, parent.signal).signal.aborted).toBe(true);
  });

  it('has not expired itself where that of a parent has', async () => {
    const clock = createManualClock();
    const outer = startDeadline(clock, 10);
    const inner = startDeadline(clock, 1_000, outer.signal);
    await clock.advance(10);
    expect([inner.signal.aborted, inner.expired(), outer.expired()]).toEqual([true, false, true]);
    inner.clear();
  });

  it('leaves no timer and no listener once it is cleared', () => {
    const clock = createManualClock();
    const parent = new AbortController();
    const deadline = startDeadline(clock, 1_000, parent.signal);
    deadline.clear();
    expect(clock.remaining).toEqual([]);
    expect(getEventListeners(parent.signal, 'abort')).toEqual([]);
    expect(deadline.signal.aborted).toBe(false);
  });
});

describe('the system clock', () => {
  it('wakes a sleeper early when its signal aborts', async () => {
    const cancel = new AbortController();
    const begin = performance.now();
    const sleeping = systemClock.sleep(60_000, cancel.signal);
    cancel.abort();
    await sleeping;
    await systemClock.sleep(60_000, cancel.signal);
    expect(performance.now() - begin).toBeLessThan(30_000);
  });

  it('sleeps as long as asked, and keeps no listener', async () => {
    const { signal } = new AbortController();
    const begin = systemClock.monotonic();
    await systemClock.sleep(20, signal);
    expect(systemClock.monotonic() - begin).toBeGreaterThanOrEqual(19);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

describe('a limit on silence', () => {
  it('aborts so long after the last sign of life, however long that was in coming', async () => {
    const clock = createManualClock();
    const limit = startIdleLimit(clock, 1_000);
    for (let second = 0; second < 5; second += 1) {
      await clock.advance(900);
      limit.touch();
    }
    await clock.advance(999);
    expect(limit.signal.aborted).toBe(false);
    await clock.advance(1);
    expect([limit.signal.aborted, limit.expired()]).toEqual([true, true]);
    expect(clock.remaining).toEqual([]);
  });

  it('aborts with its parents, and leaves no timer', async () => {
    const clock = createManualClock();
    const parent = new AbortController();
    const limit = startIdleLimit(clock, 1_000, parent.signal);
    parent.abort('stop');
    expect([limit.signal.reason, limit.expired()]).toEqual(['stop', false]);
    limit.clear();
    await clock.advance(0);
    expect(clock.remaining).toEqual([]);
  });
});
