import type { Clock } from '../../async/clock.js';

/**
 * Lets many speak at once and one after the other be heard: what they say stays together as long as they go on, and nobody
 * waits for long.
 */
export interface Turns {
  /**
   * Says something at once where it is this speaker's turn, and otherwise as soon as it is.
   *
   * @param size What it takes to remember it until then, in characters.
   */
  say(speaker: string, size: number, speak: () => void): void;
  /** Says a speaker's last words. Resolves once they are out, and all before them. */
  leave(speaker: string, speak: () => void): Promise<void>;
}

/** Who says nothing for so long while others wait has to wait as well. */
const SILENCE_MS = 500;
/** So long goes one speaker's turn where others wait. */
const LONGEST_TURN_MS = 3_000;
/** In characters: who waits with so much gets its turn at once, for it would be too much to remember. */
const MOST_HELD = 256 * 1024;

interface Waiting {
  readonly since: number;
  readonly speeches: (() => void)[];
  size: number;
  /** Set for one that has nothing more to say after these. */
  onHeard: (() => void) | null;
}

export function createTurns(clock: Clock): Turns {
  /** Those that came first go first. */
  const waiting = new Map<string, Waiting>();
  let speaker: string | null = null;
  let turnSince = 0;
  let spokeAt = 0;
  let timer: AbortController | null = null;

  const giveTurn = (to: string) => {
    speaker = to;
    turnSince = spokeAt = clock.monotonic();
    const held = waiting.get(to);
    waiting.delete(to);
    for (const speak of held?.speeches ?? []) speak();
    if (!held?.onHeard) return;
    held.onHeard();
    speaker = null;
  };
  const goOn = () => {
    for (const [next] of waiting) {
      giveTurn(next);
      if (speaker !== null) break;
    }
    watch();
  };
  /** Wakes up when somebody's turn is over because others wait. */
  const watch = () => {
    timer?.abort();
    timer = null;
    const [first] = waiting.values();
    if (!first) return;
    const due = Math.min(spokeAt + SILENCE_MS, Math.max(turnSince, first.since) + LONGEST_TURN_MS);
    const set = new AbortController();
    timer = set;
    void clock.sleep(due - clock.monotonic(), set.signal).then(() => {
      if (timer !== set) return;
      if (isOver()) goOn();
      else watch();
    });
  };
  const isOver = () => {
    const [first] = waiting.values();
    const now = clock.monotonic();
    if (!first) return false;
    return now - spokeAt >= SILENCE_MS || now - Math.max(turnSince, first.since) >= LONGEST_TURN_MS;
  };
  const hold = (name: string, size: number, speak: () => void): Waiting => {
    const held = waiting.get(name) ?? {
      since: clock.monotonic(),
      speeches: [],
      size: 0,
      onHeard: null,
    };
    held.speeches.push(speak);
    held.size += size;
    waiting.set(name, held);
    return held;
  };

  return {
    say(name, size, speak) {
      if (speaker === null) giveTurn(name);
      if (speaker === name) {
        spokeAt = clock.monotonic();
        speak();
        return;
      }
      const held = hold(name, size, speak);
      if (held.size >= MOST_HELD) giveTurn(name);
      else if (isOver()) goOn();
      if (timer === null || waiting.size === 0) watch();
    },
    leave(name, speak) {
      if (speaker === null || speaker === name) {
        speak();
        if (speaker === name) {
          speaker = null;
          goOn();
        }
        return Promise.resolve();
      }
      return new Promise((resolve) => {
        hold(name, 0, speak).onHeard = resolve;
        if (isOver()) goOn();
        else if (timer === null) watch();
      });
    },
  };
}
