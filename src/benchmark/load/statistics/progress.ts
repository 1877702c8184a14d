import { build, type Histogram } from 'hdr-histogram-js';

import type { RequestOutcome } from '../request/outcome.js';
import { countOutputTokens, measureLatencies } from './latencies.js';

/** A measurement while it runs. */
export interface Progress {
  readonly total: number;
  readonly inFlight: number;
  readonly completed: number;
  readonly failed: number;
  readonly elapsedMs: number;
  /** Output tokens of completed requests per second. */
  readonly outputThroughput: number;
  /** `null` before the first request has completed. */
  readonly ttftMs: { readonly p50: number; readonly p99: number } | null;
  readonly tpotMs: { readonly p50: number; readonly p99: number } | null;
}

/** Keeps the running figures. Latencies are to three digits here; results have the exact ones. */
export interface ProgressTracker {
  started(): void;
  settled(outcome: RequestOutcome): void;
  snapshot(): Progress;
}

/** @param now ms, monotonic. */
export function trackProgress(total: number, now: () => number): ProgressTracker {
  const startMs = now();
  const ttft = createHistogram();
  const tpot = createHistogram();
  let inFlight = 0;
  let completed = 0;
  let failed = 0;
  let tokens = 0;
  return {
    started() {
      inFlight += 1;
    },
    settled(outcome) {
      inFlight -= 1;
      if (outcome.status === 'failed') failed += 1;
      if (outcome.status !== 'completed') return;
      completed += 1;
      tokens += countOutputTokens(outcome);
      const { ttftMs, tpotMs } = measureLatencies(outcome);
      record(ttft, ttftMs);
      if (tpotMs !== null) record(tpot, tpotMs);
    },
    snapshot() {
      const elapsedMs = now() - startMs;
      return {
        total,
        inFlight,
        completed,
        failed,
        elapsedMs,
        outputThroughput: elapsedMs > 0 ? (tokens / elapsedMs) * 1000 : 0,
        ttftMs: summarize(ttft),
        tpotMs: summarize(tpot),
      };
    },
  };
}

/** Histograms hold whole numbers: microseconds. */
const PER_MS = 1000;

function createHistogram(): Histogram {
  return build({ bitBucketSize: 32, numberOfSignificantValueDigits: 3, autoResize: true });
}

function record(histogram: Histogram, ms: number): void {
  histogram.recordValue(Math.max(1, Math.round(ms * PER_MS)));
}

function summarize(histogram: Histogram): { readonly p50: number; readonly p99: number } | null {
  if (histogram.totalCount === 0) return null;
  return {
    p50: histogram.getValueAtPercentile(50) / PER_MS,
    p99: histogram.getValueAtPercentile(99) / PER_MS,
  };
}
