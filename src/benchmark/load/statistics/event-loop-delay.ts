import { monitorEventLoopDelay } from 'node:perf_hooks';

/** How late the load generator itself was, in ms: what is added to latencies at worst. */
export interface EventLoopDelay {
  readonly mean: number;
  readonly p99: number;
  readonly max: number;
}

/** Finer costs more than it shows: timers have whole milliseconds. */
const RESOLUTION_MS = 2;

/** Watches this process until stopped. */
export function watchEventLoop(): { stop(): EventLoopDelay } {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  // What is recorded is the time between two ticks; only what goes beyond the interval is a delay.
  const delay = (ns: number) => {
    const ms = ns / 1e6 - RESOLUTION_MS;
    return Number.isFinite(ms) ? Math.max(0, ms) : 0;
  };
  return {
    stop() {
      histogram.disable();
      if (histogram.count === 0) return { mean: 0, p99: 0, max: 0 };
      return {
        mean: delay(histogram.mean),
        p99: delay(histogram.percentile(99)),
        max: delay(histogram.max),
      };
    },
  };
}
