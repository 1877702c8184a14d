import type { Failure } from '../../../model/failure.js';

/** Where the end of a service that was ready is reported, and who wants to know of it. */
export interface CrashWatch {
  /** Aborts at the first crash. */
  readonly signal: AbortSignal;
  /**
   * Reports a crash, at once; what the service said last may take a moment to find out.
   *
   * @param describe Asked only for the first crash: that is the one that is told.
   */
  readonly report: (describe: () => Promise<Failure>) => void;
  /** The first crash so far. Waits for its description. */
  readonly first: () => Promise<Failure | null>;
}

export function createCrashWatch(): CrashWatch {
  const controller = new AbortController();
  let first: Promise<Failure> | null = null;
  return {
    signal: controller.signal,
    report(describe) {
      first ??= describe();
      controller.abort();
    },
    first: () => first ?? Promise.resolve(null),
  };
}
