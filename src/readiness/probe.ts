/** Waits for a service to become ready. */
export interface ReadinessProbe {
  /**
   * Resolves with `true` once the service is ready, with `false` when the signal aborted first. It has no timeout of
   * its own: the caller's signal is the deadline.
   *
   * @param observe Told what the probe sees while the service is not ready (`HTTP 503`), for display and for the
   *   message of a timeout.
   */
  wait(signal: AbortSignal, observe: (observation: string) => void): Promise<boolean>;
}
