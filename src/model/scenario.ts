import type { HookSpec } from './hook.js';
import type { ServiceSpec } from './service.js';
import type { SourceLocation } from './source.js';

/** How much is collected: the results; and service logs; and system logs. */
export type CollectionMode = 'basic' | 'standard' | 'comprehensive';
/** `eager`: a service starts once its own dependencies are met; `batch`: once the whole batch before it is ready. */
export type Scheduling = 'eager' | 'batch';
export type HealthCheckStrategy = 'quick' | 'standard' | 'thorough';

/** One entry of `result_paths`. */
export interface ResultPath {
  /** As written; absolute, or relative to the script's working folder. A directory has no trailing slash here. */
  readonly path: string;
  readonly kind: 'directory' | 'files';
  readonly isAbsolute: boolean;
  readonly source: SourceLocation;
}

export interface TestExecution {
  /** A node's name, or `controller` for the machine that runs playbook. */
  readonly node: string;
  /** Relative to the scenario's folder. */
  readonly script: string;
  readonly timeoutMs: number;
  readonly resultPaths: readonly ResultPath[];
  readonly collectionMode: CollectionMode;
  readonly env: Readonly<Record<string, string>>;
}

export interface ConcurrentDeployment {
  readonly maxConcurrentServices: number;
  readonly maxConcurrentHealthChecks: number;
  /** For the whole of deploy and ready. */
  readonly deploymentTimeoutMs: number;
  /** For one service, from its start to ready, where nothing nearer says otherwise. */
  readonly healthCheckTimeoutMs: number;
  readonly scheduling: Scheduling;
}

export interface RetryStrategy {
  readonly scenarioLevelRetries: number;
  readonly serviceLevelRetries: number;
  readonly retryDelayMs: number;
  /** `false`: a failed service takes the whole scenario's deployment down and starts it anew. */
  readonly retryOnlyFailed: boolean;
}

export interface ServiceHealthCheckSettings {
  /** `false`: a started service counts as ready. */
  readonly enabled: boolean;
  readonly strategy: HealthCheckStrategy;
  /** Whether a node that is unfit may be mended, and else left out, before nothing is deployed at all. */
  readonly autoRecovery: boolean;
  /** What has to be free on every file system that the scenario writes to. */
  readonly minFreeDiskBytes: number;
}

export interface Isolation {
  /** When something is left on a node: the suite ends, or goes on without that node. */
  readonly onDirty: 'stop' | 'continue';
  /** When others use the nodes right before the scenario. */
  readonly onForeign: 'report' | 'wait' | 'fail';
  readonly foreignWaitMs: number;
  /** When they are still there after the wait. */
  readonly afterForeignWait: 'fail' | 'report';
  /** Per core: from which load on a node is busy with the work of others. */
  readonly foreignLoad: number;
}

export interface ResourceRequirements {
  /** Of each GPU that counts. */
  readonly minGpuMemoryBytes: number | null;
  /** How many GPUs a node has to have. */
  readonly minGpus: number | null;
  /** Words of the model's name: `H20`, `RTX 4090`. */
  readonly gpuModel: string | null;
  readonly minNodes: number | null;
}

/** One scenario folder, fully resolved against the three layers of configuration. */
export interface ScenarioSpec {
  readonly name: string;
  /** The folder's name under the scenarios root. */
  readonly directory: string;
  /** The folder, absolute. */
  readonly path: string;
  readonly description: string;
  readonly enabled: boolean;
  readonly estimatedDurationMs: number | null;
  readonly tags: readonly string[];
  readonly resourceRequirements: ResourceRequirements;
  /** In the order of the files, instances of one service by the order of its nodes. */
  readonly services: readonly ServiceSpec[];
  /** Names of the nodes that services or the script use, sorted; without the controller. */
  readonly nodes: readonly string[];
  readonly testExecution: TestExecution;
  readonly concurrentDeployment: ConcurrentDeployment;
  readonly retryStrategy: RetryStrategy;
  readonly serviceHealthCheck: ServiceHealthCheckSettings;
  readonly isolation: Isolation;
  /** In the order of their points, those of one point in the order in which they are called. */
  readonly hooks: readonly HookSpec[];
  /** The scenario's `.env` relative to its folder, `null` where there is none. */
  readonly envFile: string | null;
  /** Variables that its compose files use and that are set here; those of the nodes' addresses among them. */
  readonly composeVariables: Readonly<Record<string, string>>;
  /** `test_config.json` relative to its folder, `null` where there is none. */
  readonly testConfig: string | null;
  readonly source: SourceLocation;
}
