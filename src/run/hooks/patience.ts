import { OVER, onAbort } from '../../async/abort.js';
import type { Clock } from '../../async/clock.js';
import { DeadlineExceeded } from '../../async/deadline.js';

/** What a hook at the end of something may still take once the user has asked the run to stop. */
export const LAST_WORDS_MS = 10_000;

/** Goes on for a while after a signal: for what has to be done, but not for as long as it likes. */
export interface Patience {
  /** Aborts that long after the signal. */
  readonly signal: AbortSignal;
  /** Stops the timer. */
  readonly clear: () => void;
}

/**
 * @param ms After the signal; where it has come already, from now on. 0: ends with it.
 */
export function startPatience(clock: Clock, ms: number, stop: AbortSignal): Patience {
  if (ms === 0) return { signal: stop, clear: () => undefined };
  const out = new AbortController();
  const over = new AbortController();
  const forget = onAbort(stop, () => {
    void clock.sleep(ms, over.signal).then(() => {
      if (!over.signal.aborted) out.abort(new DeadlineExceeded(ms));
    });
  });
  return {
    signal: out.signal,
    clear: () => {
      forget();
      over.abort(OVER);
    },
  };
}
