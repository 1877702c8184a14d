import { describe, expect, it } from 'vitest';

import { scheduleArrivals } from '../../../../src/benchmark/load/arrivals.js';

describe('scheduleArrivals', () => {
  it('lets everything come at once without a rate', () => {
    expect([...scheduleArrivals(3, Infinity, 1)]).toEqual([0, 0, 0]);
  });

  it('begins at once, keeps the rate as a whole and the order', () => {
    const arrivals = scheduleArrivals(101, 4, 7);
    expect(arrivals[0]).toBe(0);
    expect(arrivals[100]).toBeCloseTo(25_000, 6);
    expect([...arrivals]).toEqual([...arrivals].sort((a, b) => a - b));
  });

  it('is the same for the same seed and another for another', () => {
    expect(scheduleArrivals(20, 4, 7)).toEqual(scheduleArrivals(20, 4, 7));
    expect(scheduleArrivals(20, 4, 7)).not.toEqual(scheduleArrivals(20, 4, 8));
  });

  it('has gaps as a Poisson process: as spread as they are long', () => {
    const arrivals = scheduleArrivals(20_001, 10, 3);
    const gaps = [...arrivals].slice(1).map((time, index) => time - (arrivals[index] ?? 0));
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
    expect(mean).toBeCloseTo(100, 6);
    expect(Math.sqrt(variance) / mean).toBeGreaterThan(0.95);
    expect(Math.sqrt(variance) / mean).toBeLessThan(1.05);
  });

  it('sends a single request at once, whatever the rate', () => {
    expect([...scheduleArrivals(1, 0.01, 0)]).toEqual([0]);
  });
});
