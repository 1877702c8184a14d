import { aborted, untilAborted } from '../async/abort.js';
import type { ReadinessProbe } from './probe.js';

/** What a health check says of a service. */
export type HealthEvent =
  { readonly type: 'healthy' } | { readonly type: 'unhealthy'; readonly message: string };

/** Waits for the runtime's own health check to report healthy. */
export function containerProbe(
  watchHealth: (signal: AbortSignal) => AsyncIterable<HealthEvent>,
): ReadinessProbe {
  return {
    async wait(signal, observe) {
      observe('starting');
      for await (const event of untilAborted(watchHealth(signal), signal)) {
        if (event.type === 'healthy') return true;
        observe(`unhealthy: ${event.message}`);
      }
      // A service that has ended has no health any more; whoever watches it knows why it ended.
      await aborted(signal);
      return false;
    },
  };
}
