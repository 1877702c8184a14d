import type { BenchResult } from './bench-result.js';

/** A delay of our own above this share of what is measured spoils the measurement. */
const TOLERATED_SHARE = 0.2;
/** A timer may be late by this on a busy machine: no reason to say that requests had to wait. */
const TOLERATED_WAIT_MS = 10;
/** Below this it cannot be told from the grain of the timers that measure it. */
const TOLERATED_MS = 2;

/**
 * What a reader of the result has to know before believing it.
 *
 * @param datasetSize How many different prompts the dataset has.
 * @param resent How many requests were sent a second time.
 */
export function findWarnings(
  result: BenchResult,
  metadata: Readonly<Record<string, unknown>>,
  { datasetSize, resent }: { readonly datasetSize: number; readonly resent: number },
): string[] {
  const warnings: string[] = [];
  const format = (ms: number) => `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;

  const lag = result.event_loop_delay_ms.p99;
  const gap = result.mean_itl_ms;
  if (gap !== null && isLarge(lag, gap)) {
    warnings.push(
      `the load generator itself was late by up to ${format(lag)} (p99 of its event loop) at a mean ITL of ` +
        `${format(gap)}, and single latencies are off by as much: it needs a faster or less busy machine`,
    );
  }

  if (resent > 0) {
    warnings.push(
      `the server closed connections that it had promised to keep: ${resent} requests were sent again, and count from ` +
        `then on`,
    );
  }

  const ttft = result.mean_ttft_ms;
  const connect = result.connect_time_ms?.mean ?? 0;
  if (ttft !== null && isLarge(connect, ttft)) {
    warnings.push(
      `getting a connection took ${format(connect)} on average, which is not part of the latencies ` +
        `(mean TTFT ${format(ttft)})`,
    );
  }
  const queued = (result.p99_client_queue_time_ms ?? 0) - connect;
  const hasWaited = queued > TOLERATED_WAIT_MS && ttft !== null && isLarge(queued, ttft);
  if (hasWaited && result.max_concurrency !== null) {
    warnings.push(
      `max_concurrency ${result.max_concurrency} held requests back for up to ${format(queued)} (p99): the offered ` +
        `rate was lower than ${result.request_rate} req/s, and the wait is not part of the latencies`,
    );
  }

  const { max_concurrency: concurrency, num_prompts: prompts } = result;
  if (concurrency !== null && prompts < concurrency) {
    warnings.push(
      `${prompts} requests cannot keep ${concurrency} in flight: num_prompts is below max_concurrency`,
    );
  }
  if (datasetSize < prompts) {
    warnings.push(
      `the dataset has ${datasetSize} prompts for ${prompts} requests: repeated ones may be served from a prefix cache`,
    );
  }
  if (result.token_source === 'chunks' || result.token_source === 'mixed') {
    warnings.push(
      'the server did not report usage for every request: there, each event was counted as one token',
    );
  }
  for (const key of Object.keys(metadata)) {
    if (key in result) warnings.push(`metadata ${key} is the name of a measured value: left out`);
  }
  return warnings;
}

function isLarge(delayMs: number, measuredMs: number): boolean {
  return delayMs > TOLERATED_MS && delayMs > measuredMs * TOLERATED_SHARE;
}
