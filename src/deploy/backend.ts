import type { Failure, Outcome } from '../model/failure.js';
import type { NodeSpec, Runtime } from '../model/node.js';
import type { ServiceSpec } from '../model/service.js';

/** One scenario's share of one node: what a backend needs to know to bring services up there. */
export interface Deployment {
  readonly run: string;
  /** Which of the controllers that use the node runs it: two may have named their runs alike. */
  readonly controller: string;
  readonly scenario: string;
  readonly node: NodeSpec;
  /** The scenario's working folder on the node, absolute. It exists and holds the scenario's files. */
  readonly workingFolder: string;
  /** A folder on the node for what the backend itself needs to keep (logs, process ids), absolute; it exists. */
  readonly stateFolder: string;
  /**
   * Where compose looks for the variables of its files, besides the node's environment and the `.env` beside the file:
   * what was set on the machine that runs playbook. Default: none.
   */
  readonly variables?: Readonly<Record<string, string>>;
}

/** A service that was started. */
export interface RunningService {
  readonly service: ServiceSpec;
  readonly deployment: Deployment;
  /** The backend's own name of it, for people: `process group 4711`, `container 3f2a…`. */
  readonly description: string;
}

/** How a service ended. */
export interface ServiceExit {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** The connection to it was lost: nobody knows. */
  readonly isLost: boolean;
  /** For people: `exited with status 1`, `killed by SIGKILL (out of memory)`. */
  readonly description: string;
}

export type ServiceEvent =
  | { readonly type: 'healthy' }
  | { readonly type: 'unhealthy'; readonly message: string }
  | { readonly type: 'exited'; readonly exit: ServiceExit };

/** Something of ours that is still on a node. */
export interface Leftover {
  readonly node: string;
  /** `process`, `container`, `network`, `folder`. */
  readonly kind: string;
  readonly description: string;
}

/**
 * What runs services on a node: `process/`, `compose/`. A backend serves every node of its runtime; it keeps
 * no state that a later process could not rebuild from the node.
 */
export interface DeploymentBackend {
  readonly runtime: Runtime;
  /** What keeps this node from running services of this runtime. Changes nothing. */
  check(node: NodeSpec, signal: AbortSignal): Promise<readonly Failure[]>;
  /**
   * Once per node and scenario, before any `up`. A failure leaves nothing behind.
   *
   * @param services Those that will be brought up there: what takes long (images) or can be done ahead (containers) is
   *   done now. Without them it is done when their turn comes, as far as it can be then.
   */
  prepare(
    deployment: Deployment,
    signal: AbortSignal,
    services?: readonly ServiceSpec[],
  ): Promise<Outcome<void>>;
  /**
   * What the names of images stand for on a node, by name: an id that no other image has. Names that stand for nothing
   * there are left out. Changes nothing.
   */
  imageIds(
    node: NodeSpec,
    images: readonly string[],
    signal: AbortSignal,
  ): Promise<Outcome<ReadonlyMap<string, string>>>;
  /** Starts one service, without its dependencies, and returns as soon as it runs (or failed to). */
  up(
    deployment: Deployment,
    service: ServiceSpec,
    signal: AbortSignal,
  ): Promise<Outcome<RunningService>>;
  /**
   * Everything that happens to a service from its start on, also what happened before the call. Ends after `exited`,
   * or when the signal aborts. May be called several times.
   */
  watch(running: RunningService, signal: AbortSignal): AsyncIterable<ServiceEvent>;
  /**
   * The log's lines from its beginning, and on as they are written, until the service has ended or the signal aborts. Those
   * of a service with several containers may come again after a lost connection.
   */
  followLog(running: RunningService, signal: AbortSignal): AsyncIterable<string>;
  /** The last lines of the log, oldest first; empty where there is none, or nobody tells them in good time. */
  lastLines(running: RunningService, count: number): Promise<readonly string[]>;
  /** Copies the whole log to a file here, as long as it comes: a source that falls silent is a failure. */
  saveLog(running: RunningService, to: string, signal: AbortSignal): Promise<Outcome<void>>;
  /** Stops and removes one service. Ok when it is gone, also when it was gone before. */
  down(running: RunningService): Promise<Outcome<void>>;
  /**
   * Removes what belongs to no single service (networks, volumes, containers whose turn never came), once all services
   * are down and their logs saved. Leaves what runs alone, and fails then.
   */
  finish(deployment: Deployment): Promise<Outcome<void>>;
  /** What of this deployment is still there: how teardown proves itself. */
  leftovers(deployment: Deployment): Promise<Outcome<readonly Leftover[]>>;
  /** Ends by force whatever `leftovers` would list. */
  purge(deployment: Deployment): Promise<Outcome<void>>;
}
