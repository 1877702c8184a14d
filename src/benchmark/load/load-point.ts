import type { Clock } from '../../async/clock.js';
import type { Send } from './request/exchange.js';
import type { RequestOutcome } from './request/outcome.js';

/** One load to put on a server. */
export interface LoadPointPlan {
  /** When each request is due, ms from the start, ascending. */
  readonly arrivalsMs: Float64Array;
  /** Requests in flight at most; `null`: no limit. */
  readonly maxConcurrency: number | null;
  /** The body of a request, by its index. */
  readonly body: (index: number) => Buffer;
  /** Leads the ids of the requests. */
  readonly idPrefix: string;
}

export interface MeasuredRequest {
  readonly index: number;
  /** When it was due, on the clock of its outcome. */
  readonly arrivedMs: number;
  readonly outcome: RequestOutcome;
}

/** What happened under one load. */
export interface Measurement {
  /** Every request that was started, in the order in which they ended. */
  readonly requests: readonly MeasuredRequest[];
  /** From the first arrival to the last end. */
  readonly durationMs: number;
  readonly isInterrupted: boolean;
}

export interface LoadPointHooks {
  readonly onStarted?: (index: number) => void;
  readonly onSettled?: (request: MeasuredRequest) => void;
}

/**
 * Sends requests as they become due and as the concurrency allows, and waits for all of them. When the signal aborts,
 * nothing more is sent and what is in flight is broken off.
 */
export async function runLoadPoint(
  plan: LoadPointPlan,
  send: Send,
  clock: Clock,
  signal: AbortSignal,
  hooks: LoadPointHooks = {},
): Promise<Measurement> {
  const { arrivalsMs, body, idPrefix } = plan;
  const maxConcurrency = plan.maxConcurrency ?? Infinity;
  const requests: MeasuredRequest[] = [];
  const inFlight = new Map<number, () => void>();
  const startMs = clock.monotonic();
  let due = 0;
  let started = 0;
  let isStarting = false;
  let finish: () => void = () => undefined;
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });

  const start = (index: number) => {
    const arrivedMs = startMs + (arrivalsMs[index] ?? 0);
    const settle = (outcome: RequestOutcome) => {
      inFlight.delete(index);
      const request = { index, arrivedMs, outcome };
      requests.push(request);
      hooks.onSettled?.(request);
      startDue();
    };
    hooks.onStarted?.(index);
    inFlight.set(index, () => undefined);
    const breakOff = send(body(index), `${idPrefix}-${index}`, settle);
    // It may have ended at once.
    if (inFlight.has(index)) inFlight.set(index, breakOff);
  };

  const startDue = () => {
    // A request that ends at once comes back here; the loop below goes on with the next anyway.
    if (isStarting) return;
    isStarting = true;
    while (started < due && inFlight.size < maxConcurrency && !signal.aborted) start(started++);
    isStarting = false;
    const isOver = signal.aborted || started === arrivalsMs.length;
    if (isOver && inFlight.size === 0) finish();
  };

  const onAbort = () => {
    for (const breakOff of [...inFlight.values()]) breakOff();
    startDue();
  };
  signal.addEventListener('abort', onAbort, { once: true });

  while (due < arrivalsMs.length && !signal.aborted) {
    const waitMs = startMs + (arrivalsMs[due] ?? 0) - clock.monotonic();
    if (waitMs > 0) await clock.sleep(waitMs, signal);
    const elapsedMs = clock.monotonic() - startMs;
    while (due < arrivalsMs.length && (arrivalsMs[due] ?? 0) <= elapsedMs) due += 1;
    startDue();
  }
  startDue();
  await finished;
  signal.removeEventListener('abort', onAbort);
  return {
    requests,
    durationMs: clock.monotonic() - startMs,
    isInterrupted: signal.aborted && requests.length - countCancelled(requests) < arrivalsMs.length,
  };
}

function countCancelled(requests: readonly MeasuredRequest[]): number {
  return requests.filter(({ outcome }) => outcome.status === 'cancelled').length;
}
