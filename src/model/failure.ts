import type { SourceLocation } from './source.js';

/** What every failure tells: what happened, where, and what to do. */
interface FailureBase {
  /** One line, without the place: the fields below say where. */
  readonly message: string;
  /** What to do about it; `null` where nothing useful can be said. */
  readonly hint: string | null;
  readonly node: string | null;
  readonly service: string | null;
  readonly source: SourceLocation | null;
  /** The last lines of the culprit's output, oldest first. */
  readonly output: readonly string[];
  /** The failure behind this one. */
  readonly cause: Failure | null;
}

/** Reaching a node. Exit code 3. */
export interface ConnectFailure extends FailureBase {
  readonly kind: 'unreachable' | 'authentication' | 'host_key' | 'connection_lost';
}

/** The node itself: what it lacks, or files that did not get there or back. Exit code 3. */
export interface NodeFailure extends FailureBase {
  readonly kind:
    | 'runtime_missing'
    | 'resources_missing' // GPUs or nodes that a scenario requires
    | 'node_in_use' // by others, who would spoil the numbers
    | 'lease_failed' // nobody can be kept away from it
    | 'lease_lost' // it was not heard of for too long, and may be somebody else's by now
    | 'image_missing' // neither on the node nor in its registry
    | 'transfer'
    | 'disk_full'
    | 'result_path_in_use';
}

/** Bringing services up. Exit code 1. */
export interface DeployFailure extends FailureBase {
  readonly kind:
    | 'service_start' // could not be started at all
    | 'compose_refused' // compose itself says that its files are wrong
    | 'service_exited' // ended before it was ready
    | 'service_not_ready' // its readiness timed out
    | 'dependency_failed'
    | 'deployment_timeout'
    | 'port_taken'
    | 'name_taken';
}

/** The test script and what happens while it runs. Exit code 1. */
export interface BenchmarkFailure extends FailureBase {
  readonly kind:
    | 'script_start'
    | 'script_failed'
    | 'script_killed'
    | 'script_timed_out'
    | 'service_crashed'
    | 'requests_failed';
}

/** A hook of the user's that failed, where that matters. Exit code 1. */
export interface HookFailure extends FailureBase {
  readonly kind: 'hook_failed';
}

/** What the script should have left behind. Exit code 1. */
export interface ResultFailure extends FailureBase {
  readonly kind: 'result_missing' | 'result_refused';
}

/** Something is left on a node that could not be removed. Exit code 4. */
export interface TeardownFailure extends FailureBase {
  readonly kind: 'left_behind';
}

/** Another run has the project, or a node. Exit code 5. */
export interface LockFailure extends FailureBase {
  readonly kind: 'locked';
}

/** Stopped by a signal. Exit code 130 or 143. */
export interface CancelledFailure extends FailureBase {
  readonly kind: 'cancelled';
}

/** Everything that is expected to go wrong. Returned, never thrown: only bugs are thrown. */
export type Failure =
  | ConnectFailure
  | NodeFailure
  | DeployFailure
  | BenchmarkFailure
  | HookFailure
  | ResultFailure
  | TeardownFailure
  | LockFailure
  | CancelledFailure;

export type FailureKind = Failure['kind'];

/** A value, or the failure that kept it from being there. */
export type Outcome<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

/**
 * Builds a failure; what is not given is `null` or empty.
 *
 * @param message One line, without the place.
 */
export function createFailure<K extends FailureKind>(
  kind: K,
  message: string,
  details: Partial<Omit<FailureBase, 'message'>> = {},
): Extract<Failure, { kind: K }> {
  const failure = {
    kind,
    message,
    hint: null,
    node: null,
    service: null,
    source: null,
    output: [],
    cause: null,
    ...details,
  };
  return failure as unknown as Extract<Failure, { kind: K }>;
}
