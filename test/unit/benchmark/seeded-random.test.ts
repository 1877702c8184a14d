import { describe, expect, it } from 'vitest';

import { createRandom, sampleExponential } from '../../../src/benchmark/seeded-random.js';

const take = (count: number, ...seeds: number[]) => {
  const random = createRandom(...seeds);
  return Array.from({ length: count }, () => random());
};

describe('createRandom', () => {
  it('gives the same numbers for the same seeds, today and tomorrow', () => {
    expect(take(3, 42, 7)).toEqual(take(3, 42, 7));
    // Results are compared across versions: a change of the generator must not go unnoticed.
    expect(take(3, 0)).toEqual([0.6535147319082171, 0.7086517263669521, 0.4133424472529441]);
  });

  it('gives unrelated numbers for other seeds, other orders and seeds beyond 32 bits', () => {
    const streams = [[0], [1], [0, 0], [0, 1], [1, 0], [2 ** 32], [2 ** 33]].map((seeds) =>
      take(2, ...seeds).join(),
    );
    expect(new Set(streams).size).toBe(streams.length);
  });

  it('is uniform in [0, 1)', () => {
    const values = take(20_000, 5);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeLessThan(1);
    for (let decile = 0; decile < 10; decile += 1) {
      const share =
        values.filter((value) => Math.floor(value * 10) === decile).length / values.length;
      expect(share).toBeCloseTo(0.1, 1);
    }
  });
});

describe('sampleExponential', () => {
  it('has the mean that is asked for, and is never infinite', () => {
    const random = createRandom(1);
    const samples = Array.from({ length: 20_000 }, () => sampleExponential(random, 40));
    const mean = samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
    expect(mean).toBeGreaterThan(39);
    expect(mean).toBeLessThan(41);
    expect(sampleExponential(() => 0, 40)).toBe(-0);
    expect(Number.isFinite(sampleExponential(() => 1 - 2 ** -32, 40))).toBe(true);
  });
});
