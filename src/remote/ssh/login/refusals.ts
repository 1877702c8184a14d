import type { Failure, Outcome } from '../../../model/failure.js';
import type { LoginTarget } from './target.js';

/** What has become of logins so far. */
export interface Refusals {
  /**
   * Why a login need not be tried again; `null` where it may be.
   *
   * @param route The jump hosts, the nearest first, and the target itself last.
   */
  of(route: readonly LoginTarget[]): Failure | null;
  /** Notes how a dial to the end of a route has ended. */
  note(route: readonly LoginTarget[], outcome: Outcome<unknown>): void;
}

/**
 * Remembers what was refused the first time, for good: it is the same the next time, and accounts are locked for it. Who
 * was let in before may be refused for a while (by a machine that is starting, or that cannot ask its directory), so that is no
 * answer for the next time. Nor is an unknown host key: it costs nothing, and a line in known_hosts mends it.
 */
export function createRefusals(): Refusals {
  const refused = new Map<string, Failure>();
  const letIn = new Set<string>();
  return {
    of: (route) => refused.get(keyOf(route)) ?? null,
    note(route, outcome) {
      const key = keyOf(route);
      if (outcome.ok) letIn.add(key);
      else if (outcome.failure.kind === 'authentication' && !letIn.has(key)) {
        refused.set(key, outcome.failure);
      }
    },
  };
}

/** Everything that makes a login what it is, what it authenticates with included; but not what it is called here. */
function keyOf(route: readonly LoginTarget[]): string {
  return JSON.stringify(route.map((target) => ({ ...target, name: null, isHop: null })));
}
