/** Draws that are the same for the same seed. */
export interface Random {
  /** From 0 up to, and without, 1. */
  next(): number;
  /** From `low` up to, and without, `high`. */
  between(low: number, high: number): number;
  /** One of them, each as likely as the others. */
  pick<T>(choices: readonly [T, ...(readonly T[])]): T;
}

/** The generator `mulberry32` by Tommy Ettinger: small, and good enough to choose faults. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    between: (low, high) => low + next() * (high - low),
    pick: (choices) => choices[Math.floor(next() * choices.length)] ?? choices[0],
  };
}

/** The seed of one of many runs: it alone repeats that run. */
export function seedOf(seed: number, index: number): number {
  return index === 0 ? seed : Math.floor(createRandom(seed + index * 7919).next() * 2 ** 31);
}
