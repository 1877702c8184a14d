import { onAbort } from './abort.js';

/** Time, as everything that waits or measures sees it. Injected, so that no test sleeps. */
export interface Clock {
  /** Wall time in ms since the epoch: for timestamps, never for durations. */
  now(): number;
  /** ms from an arbitrary origin that never goes back: for durations and deadlines. */
  monotonic(): number;
  /**
   * Resolves after `ms`, or as soon as the signal aborts: the caller looks at the signal, so that a cancelled wait
   * is no exception.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Node clamps longer timers to 1 ms instead of waiting. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  async sleep(ms, signal) {
    let remaining = ms;
    while (remaining > 0 && !signal?.aborted) {
      const slice = Math.min(remaining, LONGEST_TIMER_MS);
      await timer(slice, signal);
      remaining -= slice;
    }
  },
};

function timer(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(handle);
      forget();
      resolve();
    };
    const handle = setTimeout(finish, ms);
    const forget = onAbort(signal, finish);
  });
}
