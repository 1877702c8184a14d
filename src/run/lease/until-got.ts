import type { Clock } from '../../async/clock.js';
import type { Failure } from '../../model/failure.js';
import { type Emit, inSeconds } from '../events.js';
import { withoutAge } from './words.js';

/** What came of asking for several machines at once. */
export interface Tried {
  /** None: they are had. */
  readonly failures: readonly Failure[];
  /** Whoever has them is about to leave them. */
  readonly isBusy: boolean;
}

export interface WaitOptions {
  readonly clock: Clock;
  readonly emit: Emit;
  /** How long to wait for others. */
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

/** A lease that is over, whose watchdog is at work, or that is just being taken: not worth giving up for. */
const SHORT_WAIT_MS = 60_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Asks for machines again and again while others have them, for as long as one may wait; tells for whom.
 *
 * @returns Why they could not be had; none also where the signal aborted.
 */
export async function untilGot(
  ask: () => Promise<Tried>,
  { clock, emit, waitMs, signal }: WaitOptions,
): Promise<readonly Failure[]> {
  const begin = clock.monotonic();
  let waitsFor = '';
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    const { failures, isBusy } = await ask();
    if (failures.length === 0 || signal.aborted) return [];
    const isHeld = failures.every(({ kind }) => kind === 'locked');
    const longestMs = Math.max(waitMs, isBusy ? SHORT_WAIT_MS : 0);
    const remainingMs = begin + longestMs - clock.monotonic();
    if (!isHeld || remainingMs <= 0) return failures;
    // Who that is, is told once, however often it is heard of meanwhile.
    const reason = `for ${failures.map(({ node, message }) => `${node ?? 'a node'}: ${message}`).join('; ')}`;
    const who = withoutAge(reason);
    if (who !== waitsFor) {
      waitsFor = who;
      emit({ type: 'waiting', scenario: null, duration_s: inSeconds(remainingMs), reason });
    }
    // Two that wait for each other's machines must not meet again and again.
    await clock.sleep(Math.min(remainingMs, pauseMs * (0.5 + Math.random())), signal);
  }
}
