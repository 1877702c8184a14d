import type {
  ConcurrentDeployment,
  Isolation,
  RetryStrategy,
  ServiceHealthCheckSettings,
} from '../../model/scenario.js';
import type { Report } from '../problem-log.js';
import { BUILT_IN, type SettingKey } from '../project/built-in.js';
import type { Settings } from '../project/layers.js';
import { parseDuration } from '../value/duration.js';
import { parseSize } from '../value/size.js';
import { locateEntry, renderPath } from '../yaml/tree.js';
import type { ReadinessSettings } from './services/readiness.js';

type DurationKey = Extract<SettingKey, `${string}timeout`>;

/** A duration setting in ms. One of 0 would end everything before it began, so it is a problem. */
export function readDuration(settings: Settings, key: DurationKey, report: Report): number {
  const duration = parseDuration(settings.get(key, report) ?? NaN);
  if (duration !== undefined && duration > 0) return duration;
  const written = settings.find(key);
  if (written) {
    report({
      severity: 'error',
      at: locateEntry(written.entry),
      path: renderPath(written.path),
      message: 'must be more than 0',
    });
  }
  return parseDuration(BUILT_IN[key] ?? NaN) ?? 0;
}

export function readConcurrentDeployment(settings: Settings, report: Report): ConcurrentDeployment {
  const section = 'concurrent_deployment';
  return {
    maxConcurrentServices: settings.get(`${section}.max_concurrent_services`, report),
    maxConcurrentHealthChecks: settings.get(`${section}.max_concurrent_health_checks`, report),
    deploymentTimeoutMs: readDuration(settings, `${section}.deployment_timeout`, report),
    healthCheckTimeoutMs: readDuration(settings, `${section}.health_check_timeout`, report),
    scheduling: settings.get(`${section}.scheduling`, report),
  };
}

export function readRetryStrategy(settings: Settings, report: Report): RetryStrategy {
  const delay = settings.get('retry_strategy.retry_delay', report);
  return {
    scenarioLevelRetries: settings.get('retry_strategy.scenario_level_retries', report),
    serviceLevelRetries: settings.get('retry_strategy.service_level_retries', report),
    retryDelayMs: parseDuration(delay) ?? 0,
    retryOnlyFailed: settings.get('retry_strategy.retry_only_failed', report),
  };
}

export function readReadinessSettings(settings: Settings, report: Report): ReadinessSettings {
  const hasTimeout = settings.find('service_health_check.startup_timeout') !== undefined;
  return {
    isEnabled: settings.get('service_health_check.enabled', report),
    strategy: settings.get('service_health_check.strategy', report),
    timeoutMs: readDuration(
      settings,
      hasTimeout
        ? 'service_health_check.startup_timeout'
        : 'concurrent_deployment.health_check_timeout',
      report,
    ),
  };
}

export function readHealthCheckSettings(
  settings: Settings,
  report: Report,
): ServiceHealthCheckSettings {
  const section = 'service_health_check';
  return {
    enabled: settings.get(`${section}.enabled`, report),
    strategy: settings.get(`${section}.strategy`, report),
    autoRecovery: settings.get(`${section}.auto_recovery`, report),
    minFreeDiskBytes: parseSize(settings.get(`${section}.min_free_disk`, report)) ?? 0,
  };
}

export function readIsolation(settings: Settings, report: Report): Isolation {
  return {
    onDirty: settings.get('isolation.on_dirty', report),
    onForeign: settings.get('isolation.on_foreign', report),
    foreignWaitMs: parseDuration(settings.get('isolation.foreign_wait', report)) ?? 0,
    afterForeignWait: settings.get('isolation.after_foreign_wait', report),
    foreignLoad: settings.get('isolation.foreign_load', report),
  };
}

/** How many failures in a row make a service unhealthy whose compose health check does not say. */
export function readHealthRetries(settings: Settings, report: Report): number {
  return settings.get('service_health_check.max_retries', report);
}
