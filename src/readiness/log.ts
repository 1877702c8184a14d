import { aborted, untilAborted } from '../async/abort.js';
import type { LogReadiness } from '../model/service.js';
import type { ReadinessProbe } from './probe.js';

/** Waits for a line of the service's log that matches. */
export function logProbe(
  { pattern }: LogReadiness,
  followLog: (signal: AbortSignal) => AsyncIterable<string>,
): ReadinessProbe {
  const wanted = new RegExp(pattern);
  return {
    async wait(signal, observe) {
      observe(`no line matches /${pattern}/ yet`);
      for await (const line of untilAborted(followLog(signal), signal)) {
        if (wanted.test(line)) return true;
      }
      // A log that has ended will not match any more; whoever watches the service knows why it ended.
      await aborted(signal);
      return false;
    },
  };
}
