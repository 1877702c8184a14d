import type { Clock } from '../../async/clock.js';
import type { Failure } from '../../model/failure.js';
import { type Emit, inSeconds } from '../events.js';
import type { Patience } from './patience.js';
import { withoutAge } from './words.js';

/** What came of asking for several machines at once. */
export interface Tried extends Patience {
  /** None: they are had. */
  readonly failures: readonly Failure[];
}

export interface WaitOptions {
  readonly clock: Clock;
  readonly emit: Emit;
  /** How long to wait for others. */
  readonly waitMs: number;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly signal: AbortSignal;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5_000;
/** Longer than the other one needs for its try. */
const YIELDING = 3;

/**
 * Asks for machines again and again while others have them, for as long as one may wait; tells for whom.
 *
 * @returns Why they could not be had; none also where the signal aborted.
 */
export async function untilGot(
  ask: () => Promise<Tried>,
  { clock, emit, waitMs, random, signal }: WaitOptions,
): Promise<readonly Failure[]> {
  const begin = clock.monotonic();
  let waitsFor = '';
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    const tried = await ask();
    const { failures } = tried;
    if (failures.length === 0 || signal.aborted) return [];
    const isHeld = failures.every(({ kind }) => kind === 'locked');
    const longestMs = Math.max(waitMs, tried.waitMs);
    const remainingMs = begin + longestMs - clock.monotonic();
    if (!isHeld || remainingMs <= 0) return failures;
    // Who that is, is told once, however often it is heard of meanwhile.
    const reason = whatFor(failures);
    const who = withoutAge(reason);
    if (who !== waitsFor) {
      waitsFor = who;
      emit({ type: 'waiting', scenario: null, duration_s: inSeconds(remainingMs), reason });
    }
    // Two that wait for each other's machines must not meet again and again.
    const ownMs = pauseMs * (0.5 + random()) * (tried.isYielding ? YIELDING : 1);
    await clock.sleep(Math.min(remainingMs, ownMs), signal);
  }
}

/** `for node1, node2: it is held by run …` */
function whatFor(failures: readonly Failure[]): string {
  const holders = [...new Set(failures.map(({ message }) => withoutAge(message)))];
  const parts = holders.map((holder) => {
    const of = failures.filter(({ message }) => withoutAge(message) === holder);
    const names = of.map(({ node }) => node ?? 'a node').join(', ');
    return `${names}: ${of[0]?.message ?? ''}`;
  });
  return `for ${parts.join('; ')}`;
}
