import type {
  ContainerSpec,
  HealthCheck,
  ProcessSpec,
  Readiness,
  ServiceSpec,
} from '../model/service.js';
import type { HookSpec } from '../model/hook.js';
import type { NodeSpec } from '../model/node.js';
import type { ScenarioSpec } from '../model/scenario.js';

/**
 * A scenario with every value that was in force, under the names that the files use; durations in seconds. Values of
 * variables are in it: mask it before it is written.
 */
export function documentScenario(scenario: ScenarioSpec) {
  const { testExecution, concurrentDeployment, retryStrategy } = scenario;
  return {
    name: scenario.name,
    directory: scenario.directory,
    description: scenario.description,
    enabled: scenario.enabled,
    tags: scenario.tags,
    estimated_duration_s: optionalSeconds(scenario.estimatedDurationMs),
    resource_requirements: {
      min_gpu_memory_bytes: scenario.resourceRequirements.minGpuMemoryBytes,
      min_gpus: scenario.resourceRequirements.minGpus,
      gpu_model: scenario.resourceRequirements.gpuModel,
      min_nodes: scenario.resourceRequirements.minNodes,
    },
    deployment: { services: scenario.services.map(documentService) },
    test_execution: {
      node: testExecution.node,
      script: testExecution.script,
      timeout_s: seconds(testExecution.timeoutMs),
      result_paths: testExecution.resultPaths.map(({ path, kind }) =>
        kind === 'directory' ? `${path}/` : path,
      ),
      collection_mode: testExecution.collectionMode,
      env: testExecution.env,
    },
    concurrent_deployment: {
      max_concurrent_services: concurrentDeployment.maxConcurrentServices,
      max_concurrent_health_checks: concurrentDeployment.maxConcurrentHealthChecks,
      deployment_timeout_s: seconds(concurrentDeployment.deploymentTimeoutMs),
      health_check_timeout_s: seconds(concurrentDeployment.healthCheckTimeoutMs),
      scheduling: concurrentDeployment.scheduling,
    },
    retry_strategy: {
      scenario_level_retries: retryStrategy.scenarioLevelRetries,
      service_level_retries: retryStrategy.serviceLevelRetries,
      retry_delay_s: seconds(retryStrategy.retryDelayMs),
      retry_only_failed: retryStrategy.retryOnlyFailed,
    },
    service_health_check: {
      enabled: scenario.serviceHealthCheck.enabled,
      strategy: scenario.serviceHealthCheck.strategy,
      auto_recovery: scenario.serviceHealthCheck.autoRecovery,
      min_free_disk_bytes: scenario.serviceHealthCheck.minFreeDiskBytes,
    },
    isolation: {
      on_dirty: scenario.isolation.onDirty,
      on_foreign: scenario.isolation.onForeign,
      foreign_wait_s: seconds(scenario.isolation.foreignWaitMs),
      after_foreign_wait: scenario.isolation.afterForeignWait,
      foreign_load: scenario.isolation.foreignLoad,
    },
    hooks: scenario.hooks.map(documentHook),
    env_file: scenario.envFile,
    test_config: scenario.testConfig,
  };
}

function documentHook({ point, name, node, timeoutMs, onError, env }: HookSpec) {
  return { point, run: name, node, timeout_s: seconds(timeoutMs), on_error: onError, env };
}

/** A node without what is needed to log in. */
export function documentNode(node: NodeSpec) {
  return {
    name: node.name,
    host: node.host,
    port: node.port,
    transport: node.transport,
    runtime: node.runtime,
    username: node.username,
    docker_compose_path: node.dockerComposePath,
    results_path: node.resultsPath,
    labels: node.labels,
  };
}

function documentService(service: ServiceSpec) {
  return {
    name: service.id,
    service: service.name,
    node: service.node,
    runtime: service.runtime,
    compose_file: service.composeFile,
    compose_override: service.composeOverride,
    depends_on: service.dependsOn,
    one_shot: service.isOneShot,
    health_check: documentReadiness(service.readiness),
    process: service.process === null ? null : documentProcess(service.process),
    container: service.container === null ? null : documentContainer(service.container),
  };
}

function documentReadiness({ timeoutMs, intervalMs, consecutivePasses, ...readiness }: Readiness) {
  const timing = {
    timeout_s: seconds(timeoutMs),
    interval_s: seconds(intervalMs),
    consecutive_passes: consecutivePasses,
  };
  if (readiness.type !== 'http') return { ...readiness, ...timing };
  const { type, url, expectStatus } = readiness;
  return { type, url, expect_status: expectStatus, ...timing };
}

function documentProcess(process: ProcessSpec) {
  return {
    argv: process.argv,
    env: process.env,
    working_dir: process.workingDir,
    stop_signal: process.stopSignal,
    stop_grace_period_s: seconds(process.stopGracePeriodMs),
    health_check: process.healthCheck === null ? null : documentHealthCheck(process.healthCheck),
    ports: process.ports,
  };
}

function documentContainer(container: ContainerSpec) {
  const { image, platform, pullPolicy, ports, containerName, gpus } = container;
  return {
    image,
    platform,
    pull_policy: pullPolicy,
    ports,
    container_name: containerName,
    gpus,
  };
}

function documentHealthCheck(check: HealthCheck) {
  return {
    argv: check.argv,
    interval_s: seconds(check.intervalMs),
    timeout_s: seconds(check.timeoutMs),
    retries: check.retries,
    start_period_s: seconds(check.startPeriodMs),
    start_interval_s: seconds(check.startIntervalMs),
  };
}

function seconds(ms: number): number {
  return ms / 1000;
}

function optionalSeconds(ms: number | null): number | null {
  return ms === null ? null : seconds(ms);
}
