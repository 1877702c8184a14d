import type { Progress } from './progress.js';

/** A measurement in one line: `45/200 done, 8 in flight, 12 s, 1204 tok/s, TTFT p50 52 ms p99 80 ms`. */
export function describeProgress(progress: Progress): string {
  const { total, completed, failed, inFlight, elapsedMs, outputThroughput } = progress;
  return [
    `${completed + failed}/${total} done`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    `${inFlight} in flight`,
    `${Math.floor(elapsedMs / 1000)} s`,
    ...(completed > 0 ? [`${Math.round(outputThroughput)} tok/s`] : []),
    ...describeLatency('TTFT', progress.ttftMs),
    ...describeLatency('TPOT', progress.tpotMs),
  ].join(', ');
}

function describeLatency(name: string, latency: Progress['ttftMs']): string[] {
  if (latency === null) return [];
  return [`${name} p50 ${formatMs(latency.p50)} p99 ${formatMs(latency.p99)} ms`];
}

function formatMs(ms: number): string {
  return ms.toFixed(ms < 9.95 ? 1 : 0);
}
