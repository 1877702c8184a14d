import type { Clock } from '../../src/async/clock.js';

interface Sleeper {
  readonly due: number;
  readonly wake: () => void;
}

/** A clock that stands still until it is told to go on. */
export interface ManualClock extends Clock {
  /** Lets `ms` pass: wakes every sleeper whose time has come, in order, and lets each react before the next. */
  advance(ms: number): Promise<void>;
  /** Resolves once somebody sleeps on it (at least `count` sleepers). */
  sleeping(count?: number): Promise<void>;
  /** Advances in steps, whenever somebody sleeps on it, until `work` is done. Also the last step is a whole one. */
  advanceUntil<T>(work: Promise<T>, stepMs: number): Promise<T>;
  /** How long each sleeper still has to sleep, the nearest first. Empty: no timer was left behind. */
  readonly remaining: readonly number[];
}

/** @param startedAt Wall time at the start, ms since the epoch. */
export function createManualClock(startedAt = Date.UTC(2026, 0, 1)): ManualClock {
  let elapsed = 0;
  let sleepers: Sleeper[] = [];
  let watchers: { readonly count: number; readonly resolve: () => void }[] = [];

  const announce = () => {
    watchers = watchers.filter(({ count, resolve }) => {
      if (sleepers.length < count) return true;
      resolve();
      return false;
    });
  };

  const sleeping = (count = 1) =>
    new Promise<void>((resolve) => {
      watchers.push({ count, resolve });
      announce();
    });
  const advance = async (ms: number) => {
    const target = elapsed + ms;
    await settled();
    for (let next = sleepers[0]; next && next.due <= target; next = sleepers[0]) {
      elapsed = Math.max(elapsed, next.due);
      next.wake();
      await settled();
    }
    elapsed = target;
  };

  return {
    now: () => startedAt + elapsed,
    monotonic: () => elapsed,
    sleep(ms, signal) {
      if (ms <= 0 || signal?.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const wake = () => {
          sleepers = sleepers.filter((other) => other !== sleeper);
          signal?.removeEventListener('abort', wake);
          resolve();
        };
        const sleeper = { due: elapsed + ms, wake };
        sleepers = [...sleepers, sleeper].sort((a, b) => a.due - b.due);
        signal?.addEventListener('abort', wake, { once: true });
        announce();
      });
    },
    advance,
    sleeping,
    async advanceUntil(work, stepMs) {
      let isDone = false;
      const done = work.finally(() => (isDone = true));
      // Whoever awaits the result hears of its failure.
      const settledWork = done.catch(() => undefined);
      const isUnderWay = () => !isDone;
      while (isUnderWay()) {
        await Promise.race([sleeping(), settledWork]);
        if (isUnderWay()) await advance(stepMs);
      }
      return done;
    },
    get remaining() {
      return sleepers.map(({ due }) => due - elapsed);
    },
  };
}

/** Lets everything run that waits for no more than promises. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
