import { type NodeSpec, UNCONFIGURED_NODE } from '../../src/model/node.js';
import type { Project } from '../../src/model/project.js';
import type { ScenarioSpec } from '../../src/model/scenario.js';
import type { DependencyCondition, ServiceSpec } from '../../src/model/service.js';

const source = { file: 'scenarios/001_test/metadata.yaml', line: 1, column: 1 };

/** A local node with runtime process. */
export function nodeSpec(overrides: Partial<NodeSpec> = {}): NodeSpec {
  return {
    ...UNCONFIGURED_NODE,
    name: 'node1',
    source,
    ...overrides,
  };
}

/** A service that runs `true`; dependencies as `'name'` (service_started) or `['name', condition]`. */
export function serviceSpec(
  id: string,
  dependsOn: readonly (string | readonly [string, DependencyCondition])[] = [],
  overrides: Partial<ServiceSpec> = {},
): ServiceSpec {
  return {
    id,
    name: id.split('@')[0] ?? id,
    node: 'node1',
    runtime: 'process',
    composeFile: 'docker-compose.yml',
    composeOverride: null,
    dependsOn: dependsOn.map((dependency) => {
      const [service, condition] =
        typeof dependency === 'string' ? [dependency, 'service_started' as const] : dependency;
      return { service, condition, required: true };
    }),
    isOneShot: false,
    readiness: { type: 'none', timeoutMs: 10_000, intervalMs: 1_000, consecutivePasses: 1 },
    process: {
      argv: ['true'],
      env: {},
      workingDir: '.',
      stopSignal: 'SIGTERM',
      stopGracePeriodMs: 10_000,
      healthCheck: null,
      ports: [],
    },
    container: null,
    source,
    ...overrides,
  };
}

export function scenarioSpec(overrides: Partial<ScenarioSpec> = {}): ScenarioSpec {
  const name = overrides.name ?? 'test';
  const services = overrides.services ?? [];
  return {
    name,
    directory: `001_${name}`,
    path: `/project/scenarios/001_${name}`,
    description: '',
    enabled: true,
    estimatedDurationMs: null,
    tags: [],
    resourceRequirements: {
      minGpuMemoryBytes: null,
      minGpus: null,
      gpuModel: null,
      minNodes: null,
    },
    services,
    nodes: [...new Set(services.map(({ node }) => node))].sort(),
    testExecution: {
      node: 'controller',
      script: 'run_test.sh',
      timeoutMs: 60_000,
      resultPaths: [],
      collectionMode: 'standard',
      env: {},
    },
    concurrentDeployment: {
      maxConcurrentServices: 5,
      maxConcurrentHealthChecks: 10,
      deploymentTimeoutMs: 600_000,
      healthCheckTimeoutMs: 300_000,
      scheduling: 'eager',
    },
    retryStrategy: {
      scenarioLevelRetries: 0,
      serviceLevelRetries: 2,
      retryDelayMs: 30_000,
      retryOnlyFailed: true,
    },
    serviceHealthCheck: {
      enabled: true,
      strategy: 'standard',
      autoRecovery: false,
      minFreeDiskBytes: 0,
    },
    isolation: {
      onDirty: 'stop',
      onForeign: 'report',
      foreignWaitMs: 600_000,
      afterForeignWait: 'fail',
      foreignLoad: 0.5,
    },
    hooks: [],
    envFile: null,
    composeVariables: {},
    testConfig: null,
    source,
    ...overrides,
  };
}

export function projectSpec(overrides: Partial<Project> = {}): Project {
  return {
    root: '/project',
    nodes: [nodeSpec()],
    scenarios: [],
    executionMode: 'auto',
    filters: { includeTags: [], excludeTags: [], onlyScenarios: [], skipScenarios: [] },
    interScenario: { waitBetweenScenariosMs: 0, continueOnFailure: true },
    hooks: [],
    webhooks: [],
    leaseTimeoutMs: 900_000,
    secrets: [],
    ...overrides,
  };
}
