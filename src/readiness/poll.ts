import { onAbort } from '../async/abort.js';
import type { Clock } from '../async/clock.js';
import { startDeadline } from '../async/deadline.js';
import type { ReadinessProbe } from './probe.js';

/** Asks once. `null` is a pass, a text says what was seen instead. Ends soon after the signal aborts. */
export type Check = (signal: AbortSignal) => Promise<string | null>;

/** How many checks may be under way at one time: runs each when it may. */
export type Limit = <T>(work: () => Promise<T>) => Promise<T>;

export interface PollOptions {
  readonly clock: Clock;
  /** The longest pause between two checks. */
  readonly intervalMs: number;
  /** How many passes in a row make the service ready. */
  readonly consecutivePasses: number;
  readonly limit: Limit;
}

/** One check that gets no answer must not use up all the time there is. */
const LONGEST_CHECK_MS = 10_000;
/** What comes up quickly is seen quickly; the pauses then double up to the interval. */
const FIRST_PAUSE_MS = 50;

/** A probe for what has no event to wait for: it asks again and again. */
export function poll(check: Check, options: PollOptions): ReadinessProbe {
  const { clock, intervalMs, consecutivePasses, limit } = options;
  const ask = async (signal: AbortSignal): Promise<string | null> => {
    const deadline = startDeadline(clock, LONGEST_CHECK_MS, signal);
    try {
      const seen = await check(deadline.signal);
      return deadline.expired() ? `no answer within ${LONGEST_CHECK_MS / 1000} s` : seen;
    } finally {
      deadline.clear();
    }
  };
  return {
    async wait(signal, observe) {
      let passes = 0;
      let pauseMs = Math.min(FIRST_PAUSE_MS, intervalMs);
      const isCutOff = () => signal.aborted;
      while (!isCutOff()) {
        const seen = await orAborted(
          limit(() => (isCutOff() ? Promise.resolve('') : ask(signal))),
          signal,
        );
        // What the check saw while it was being cut off says nothing about the service.
        if (isCutOff()) break;
        passes = seen === null ? passes + 1 : 0;
        if (passes >= consecutivePasses) return true;
        observe(seen ?? `passed ${passes} of ${consecutivePasses} times in a row`);
        await clock.sleep(seen === null ? intervalMs : pauseMs, signal);
        pauseMs = Math.min(2 * pauseMs, intervalMs);
      }
      return false;
    },
  };
}

/** Does not wait for its turn any longer than the signal allows. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | null> {
  let forget = (): void => undefined;
  const aborted = new Promise<null>((resolve) => {
    forget = onAbort(signal, () => resolve(null));
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    forget();
  }
}
