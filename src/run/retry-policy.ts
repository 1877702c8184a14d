import type { FailureKind } from '../model/failure.js';

/**
 * What is worth another try, and when. A wrong password, an unknown host key, a bad compose file or a failing script are
 * the same the next time; what the network or a registry did may not be. `scenario_level_retries` and
 * `service_level_retries` are what the user asks for on top of that.
 */

/** Pauses that grow, each at least half as long as it could be. */
export interface Backoff {
  /** Further tries after the first. */
  readonly retries: number;
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
}

/** A node that was fine before: its sshd may be starting, its network coming back. */
export const REDIAL: Backoff = { retries: 3, firstPauseMs: 1_000, longestPauseMs: 4_000 };
/** Proving a node clean: an sshd that restarts is back at once, and a node that is silent is not worth another dial. */
export const PROOF: Backoff = { retries: 2, firstPauseMs: 500, longestPauseMs: 1_000 };
/** A node that has to be mended, with `auto_recovery`. */
export const RECOVERY: Backoff = { retries: 3, firstPauseMs: 2_000, longestPauseMs: 10_000 };
/** A transfer starts again over a new connection. */
export const TRANSFER: Backoff = { retries: 2, firstPauseMs: 1_000, longestPauseMs: 5_000 };
/** An sshd that is restarted must not cost results; a node that is gone must not keep the others waiting. */
export const COLLECTION: Backoff = { retries: 2, firstPauseMs: 1_000, longestPauseMs: 2_000 };
/** Registries that refuse or drop us need longer than networks do. */
export const IMAGE_PULL: Backoff = { retries: 2, firstPauseMs: 5_000, longestPauseMs: 60_000 };

/**
 * @param retry 1 for the first pause.
 * @param random From 0 to 1: so that many nodes do not come back in the same moment.
 */
export function pauseBeforeMs(backoff: Backoff, retry: number, random: number): number {
  const longest = Math.min(backoff.longestPauseMs, backoff.firstPauseMs * 2 ** (retry - 1));
  return Math.round(longest * (0.5 + random / 2));
}

/** Nothing was done yet, or what is done twice does no harm. */
export function isConnectionFault(kind: FailureKind): boolean {
  return kind === 'unreachable' || kind === 'connection_lost';
}

/** Getting images and making containers ready: a pull that broke off, from a registry that exists. */
export function isWorthAnotherPull(kind: FailureKind): boolean {
  return kind === 'transfer' || kind === 'unreachable';
}

/**
 * Starting a service: what has run and ended, or not got ready. What could not be started at all will not start the next
 * time either; only a node that could not even be asked is worth it. A connection that was lost half-way is not: the
 * service may be running.
 */
export function isWorthAnotherStart(kind: FailureKind): boolean {
  return kind === 'service_exited' || kind === 'service_not_ready' || kind === 'unreachable';
}

/**
 * Running a whole scenario again, where the user asks for that: not when nobody knows how far the script got, not on a
 * node that is dirty, and not for what only the user can change.
 */
export function isWorthAnotherAttempt(kind: FailureKind): boolean {
  switch (kind) {
    case 'left_behind':
    case 'connection_lost':
    case 'locked':
    case 'lease_failed':
    case 'lease_lost':
    case 'cancelled':
    case 'authentication':
    case 'host_key':
    case 'resources_missing':
    case 'image_missing':
    case 'compose_refused':
    case 'result_path_in_use':
      return false;
    case 'unreachable':
    case 'runtime_missing':
    case 'node_in_use':
    case 'transfer':
    case 'disk_full':
    case 'service_start':
    case 'service_exited':
    case 'service_not_ready':
    case 'dependency_failed':
    case 'deployment_timeout':
    case 'port_taken':
    case 'name_taken':
    case 'script_start':
    case 'script_failed':
    case 'script_killed':
    case 'script_timed_out':
    case 'service_crashed':
    case 'requests_failed':
    case 'hook_failed':
    case 'result_missing':
    case 'result_refused':
      return true;
  }
}
