/** The percentiles that results hold. */
export const PERCENTILES = [1, 5, 10, 25, 50, 75, 90, 95, 99, 99.9] as const;
export type Percentile = (typeof PERCENTILES)[number];

/** What is known of a set of samples, exactly. */
export interface Distribution {
  readonly count: number;
  readonly mean: number;
  readonly median: number;
  /** Of the samples themselves, not an estimate for what they were drawn from: divided by n. */
  readonly std: number;
  readonly min: number;
  readonly max: number;
  readonly percentiles: Readonly<Record<Percentile, number>>;
}

/**
 * Describes samples. Percentiles lie between the samples by linear interpolation: the p-th stands at (n − 1) · p / 100
 * of the sorted samples (method 7 of Hyndman and Fan, 1996; the default of numpy, and so what vllm reports).
 *
 * @returns `null` where there is no sample.
 */
export function describe(samples: Float64Array): Distribution | null {
  const count = samples.length;
  if (count === 0) return null;
  const sorted = samples.toSorted();
  const mean = sum(sorted) / count;
  const variance = sum(sorted.map((sample) => (sample - mean) ** 2)) / count;
  return {
    count,
    mean,
    median: percentileOf(sorted, 50),
    std: Math.sqrt(variance),
    min: percentileOf(sorted, 0),
    max: percentileOf(sorted, 100),
    percentiles: Object.fromEntries(
      PERCENTILES.map((percentile) => [percentile, percentileOf(sorted, percentile)]),
    ) as Record<Percentile, number>,
  };
}

function percentileOf(sorted: Float64Array, percentile: number): number {
  const position = ((sorted.length - 1) * percentile) / 100;
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
}

function sum(values: Float64Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
