import type { Clock } from '../../async/clock.js';
import type { HealthCheck } from '../../model/service.js';

/** What one run of a health check found; `message` says why it failed. */
export type CheckResult =
  { readonly isHealthy: true } | { readonly isHealthy: false; readonly message: string };

export type HealthEvent =
  { readonly type: 'healthy' } | { readonly type: 'unhealthy'; readonly message: string };

export interface HealthMonitorOptions {
  readonly check: HealthCheck;
  readonly clock: Clock;
  /** Runs the check once, within its timeout. */
  readonly run: (signal: AbortSignal) => Promise<CheckResult>;
  readonly onEvent: (event: HealthEvent) => void;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/**
 * Runs a service's health check over and over, as the Docker daemon does (moby, daemon/health.go): the first time after
 * an interval; a success makes healthy; `retries` failures in a row make unhealthy; until the first success, failures
 * that began within the start period do not count. Tells changes only. Resolves when the signal aborts.
 */
export async function monitorHealth(options: HealthMonitorOptions): Promise<void> {
  const { check, clock, run, onEvent, signal } = options;
  const begin = clock.monotonic();
  let state: 'starting' | HealthEvent['type'] = 'starting';
  let failures = 0;
  const isInStartPeriod = () =>
    state === 'starting' && clock.monotonic() - begin < check.startPeriodMs;

  const isOver = () => signal.aborted;
  for (;;) {
    await clock.sleep(isInStartPeriod() ? check.startIntervalMs : check.intervalMs, signal);
    if (isOver()) return;
    const isForgiven = isInStartPeriod();
    const result = await run(signal);
    // What it found meanwhile says nothing: it may be the end itself that made it fail.
    if (isOver()) return;
    if (result.isHealthy) {
      failures = 0;
      if (state !== 'healthy') onEvent({ type: 'healthy' });
      state = 'healthy';
    } else if (!isForgiven) {
      failures += 1;
      if (failures < check.retries || state === 'unhealthy') continue;
      state = 'unhealthy';
      const times = failures === 1 ? '' : ` ${failures} times in a row`;
      onEvent({ type: 'unhealthy', message: `health check failed${times}: ${result.message}` });
    }
  }
}
