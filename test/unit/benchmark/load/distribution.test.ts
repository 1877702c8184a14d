import fc from 'fast-check';
import { describe as group, expect, it } from 'vitest';

import { describe, PERCENTILES } from '../../../../src/benchmark/load/statistics/distribution.js';

group('describe', () => {
  it('agrees with numpy', () => {
    // numpy 1.26: a = np.array([15, 20, 35, 40, 50]); np.percentile(a, q), np.std(a), np.median(a)
    const distribution = describe(Float64Array.of(40, 15, 50, 20, 35));
    expect(distribution).toMatchObject({ count: 5, mean: 32, median: 35, min: 15, max: 50 });
    expect(distribution?.std).toBeCloseTo(12.884098726725126, 12);
    expect(distribution?.percentiles).toEqual({
      1: expect.closeTo(15.2, 12) as number,
      5: 16,
      10: 17,
      25: 20,
      50: 35,
      75: 40,
      90: 46,
      95: 48,
      99: expect.closeTo(49.6, 12) as number,
      99.9: expect.closeTo(49.96, 12) as number,
    });
  });

  it('leaves its samples as they are', () => {
    const samples = Float64Array.of(3, 1, 2);
    describe(samples);
    expect([...samples]).toEqual([3, 1, 2]);
  });

  it('knows nothing of no samples', () => {
    expect(describe(new Float64Array())).toBeNull();
  });

  it('gives one sample everywhere', () => {
    const distribution = describe(Float64Array.of(7));
    expect(distribution).toMatchObject({ mean: 7, median: 7, std: 0, min: 7, max: 7 });
    expect(new Set(Object.values(distribution?.percentiles ?? {}))).toEqual(new Set([7]));
  });

  it('puts percentiles in order and between the extremes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1 }),
        (samples) => {
          const distribution = describe(Float64Array.from(samples));
          if (!distribution) throw new Error('there are samples');
          const { min, max, percentiles } = distribution;
          const values = [min, ...PERCENTILES.map((each) => percentiles[each]), max];
          for (let index = 1; index < values.length; index += 1) {
            expect(values[index]).toBeGreaterThanOrEqual(values[index - 1] ?? Number.NaN);
          }
          expect(min).toBe(Math.min(...samples));
          expect(max).toBe(Math.max(...samples));
        },
      ),
    );
  });
});
