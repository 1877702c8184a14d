import type { Failure } from '../../model/failure.js';

/** Where the first crash of a service that was ready is reported, and who wants to know of it. */
export interface CrashWatch {
  /** Aborts at the first crash. */
  readonly signal: AbortSignal;
  readonly failure: () => Failure | null;
  /** The first report counts. */
  readonly report: (failure: Failure) => void;
}

export function createCrashWatch(): CrashWatch {
  const controller = new AbortController();
  let first: Failure | null = null;
  return {
    signal: controller.signal,
    failure: () => first,
    report(failure) {
      first ??= failure;
      controller.abort();
    },
  };
}
