import type { BenchConfig } from './config/bench-config.js';

/** One point of a sweep. */
export interface LoadSetting {
  /** `null`: no limit. */
  readonly maxConcurrency: number | null;
  /** `Infinity`: as fast as the concurrency allows. */
  readonly requestRate: number;
  /** Unique in the sweep. */
  readonly label: string;
}

/** Every concurrency with every rate, in the order in which they are written. */
export function listSettings(config: BenchConfig): readonly LoadSetting[] {
  const { maxConcurrency: concurrencies, requestRate: rates, label } = config;
  const isSweep = concurrencies.length * rates.length > 1;
  return concurrencies.flatMap((maxConcurrency) =>
    rates.map((requestRate) => {
      const load = describeLoad(maxConcurrency, requestRate);
      const name = label === null ? load : isSweep ? `${label}, ${load}` : label;
      return { maxConcurrency, requestRate, label: name };
    }),
  );
}

function describeLoad(maxConcurrency: number | null, requestRate: number): string {
  const concurrency = maxConcurrency === null ? 'unlimited' : `concurrency ${maxConcurrency}`;
  if (!Number.isFinite(requestRate)) return concurrency;
  const rate = `${requestRate} req/s`;
  return maxConcurrency === null ? rate : `${rate}, ${concurrency}`;
}
