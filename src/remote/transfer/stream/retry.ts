import type { Failure } from '../../../model/failure.js';

/**
 * Whether the same transfer may succeed when it is started again over a new connection. It may be: what is there already
 * is replaced, and of a large file that was on its way up only the rest is sent.
 */
export function isWorthRetrying(failure: Failure): boolean {
  return failure.kind === 'connection_lost' || failure.kind === 'unreachable';
}
