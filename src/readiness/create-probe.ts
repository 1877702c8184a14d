import type { Clock } from '../async/clock.js';
import type { Readiness } from '../model/service.js';
import { type RunOnNode, commandCheck } from './command.js';
import { type HealthEvent, containerProbe } from './container.js';
import { httpCheck } from './http.js';
import { logProbe } from './log.js';
import { type Limit, poll } from './poll.js';
import type { ReadinessProbe } from './probe.js';
import { tcpCheck } from './tcp.js';

/** What a probe looks at besides the network. */
export interface ProbeSources {
  readonly clock: Clock;
  readonly limit: Limit;
  readonly run: RunOnNode;
  readonly followLog: (signal: AbortSignal) => AsyncIterable<string>;
  readonly watchHealth: (signal: AbortSignal) => AsyncIterable<HealthEvent>;
}

/**
 * The probe for what a service declares. `consecutivePasses` is for those that ask again and again: a line stays
 * written, and a health check has retries of its own.
 */
export function createProbe(readiness: Readiness, sources: ProbeSources): ReadinessProbe {
  const polling = { ...sources, ...readiness };
  switch (readiness.type) {
    case 'none':
      return { wait: (signal) => Promise.resolve(!signal.aborted) };
    case 'container':
      return containerProbe(sources.watchHealth);
    case 'http':
      return poll(httpCheck(readiness), polling);
    case 'tcp':
      return poll(tcpCheck(readiness), polling);
    case 'command':
      return poll(commandCheck(readiness, sources.run), polling);
    case 'log':
      return logProbe(readiness, sources.followLog);
  }
}
