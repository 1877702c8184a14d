/** A stream of numbers in [0, 1) that is the same for the same seeds on every machine. */
export type Random = () => number;

/**
 * A seeded generator: sfc32 (Chris Doty-Humphrey, PractRand), its state filled by splitmix32.
 *
 * @param seeds Any integers; their order counts. Different lists give unrelated streams.
 */
export function createRandom(...seeds: readonly number[]): Random {
  let mixed = 0x9e3779b9 ^ seeds.length;
  for (const seed of seeds) {
    // Both halves, so that seeds beyond 32 bits differ too.
    mixed = scramble(mixed ^ seed);
    mixed = scramble(mixed ^ Math.floor(seed / 2 ** 32));
  }
  const next = () => (mixed = scramble(mixed + 0x9e3779b9));
  let a = next();
  let b = next();
  let c = next();
  let counter = 1;
  return () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
}

function scramble(value: number): number {
  let mixed = value | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return mixed ^ (mixed >>> 15);
}

/**
 * A sample of the exponential distribution: the gaps of a Poisson process, or how long something lasts that ends with
 * the same chance at every moment.
 */
export function sampleExponential(random: Random, mean: number): number {
  // 1 - u lies in (0, 1]: its logarithm is finite.
  return -Math.log(1 - random()) * mean;
}
