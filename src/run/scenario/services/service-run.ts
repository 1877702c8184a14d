import type { DeploymentBackend, RunningService, ServiceExit } from '../../../deploy/backend.js';
import type { ServiceSpec } from '../../../model/service.js';

/** One service of an attempt, from its first start to its removal. */
export interface ServiceRun {
  readonly service: ServiceSpec;
  readonly backend: DeploymentBackend;
  /** The latest start; `null` while there was none that worked. */
  running: RunningService | null;
  /** Resolves when that start has ended, with `null` when nobody watches any more. */
  exited: Promise<ServiceExit | null>;
  /** Ended on purpose, so that its exit is no crash. */
  isStopping: boolean;
  isReady: boolean;
  /** How often it was started. */
  starts: number;
  /** Stops watching. */
  unwatch: () => void;
  /** Strikes it off the journal; `null` while it is not in there. */
  strike: (() => void) | null;
}
