import { createRandom, sampleExponential } from '../seeded-random.js';

/**
 * When requests arrive, in ms from the start: a Poisson process, so that they come as independent users do. The first
 * comes at once, and the gaps are scaled so that the last comes exactly when the rate says: what is offered is then the
 * same for every seed, as in vllm's benchmark.
 *
 * @param rate Requests per second; `Infinity`: all at once.
 */
export function scheduleArrivals(count: number, rate: number, seed: number): Float64Array {
  const arrivals = new Float64Array(count);
  if (!Number.isFinite(rate)) return arrivals;
  const random = createRandom(seed, ARRIVALS);
  for (let index = 1; index < count; index += 1) {
    arrivals[index] = (arrivals[index - 1] ?? 0) + sampleExponential(random, 1);
  }
  const end = arrivals.at(-1) ?? 0;
  const scale = end > 0 ? (((count - 1) / rate) * 1000) / end : 0;
  return arrivals.map((arrival) => arrival * scale);
}

/** Tells this stream of random numbers from that of the prompts. */
const ARRIVALS = 0x61727276;
