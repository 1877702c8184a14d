import type { Clock } from '../async/clock.js';
import type { Failure, FailureKind, Outcome } from '../model/failure.js';
import { type Backoff, pauseBeforeMs } from './retry-policy.js';

export interface RetryOptions {
  readonly clock: Clock;
  readonly backoff: Backoff;
  readonly isWorthIt: (kind: FailureKind) => boolean;
  readonly signal?: AbortSignal;
  /** Told before a pause: once, and again where something else went wrong than the last time. */
  readonly onRetry?: (failure: Failure, pauseMs: number) => void;
}

/** Does something again, after growing pauses, as long as its failures are worth that. @returns The last outcome. */
export async function withRetries<T>(
  work: () => Promise<Outcome<T>>,
  { clock, backoff, isWorthIt, signal, onRetry }: RetryOptions,
): Promise<Outcome<T>> {
  let told: string | null = null;
  for (let retry = 1; ; retry += 1) {
    const outcome = await work();
    if (outcome.ok || retry > backoff.retries || !isWorthIt(outcome.failure.kind)) return outcome;
    const pauseMs = pauseBeforeMs(backoff, retry, Math.random());
    if (outcome.failure.message !== told) onRetry?.(outcome.failure, pauseMs);
    told = outcome.failure.message;
    await clock.sleep(pauseMs, signal);
    if (signal?.aborted) return outcome;
  }
}
