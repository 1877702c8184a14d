import type { MetadataFile } from '../schema/metadata.js';

/**
 * The layer that is built in: every setting that a scenario or the project may give, with what counts where neither
 * does. Durations are in seconds here, as a user would write them.
 */
export const BUILT_IN = {
  'service_health_check.enabled': true,
  'service_health_check.strategy': 'standard',
  'service_health_check.startup_timeout': null,
  'service_health_check.max_retries': 3,
  'service_health_check.auto_recovery': false,
  'service_health_check.min_free_disk': '500MB',
  'test_execution.node': 'local',
  'test_execution.script': 'run_test.sh',
  'test_execution.timeout': 3600,
  'test_execution.result_paths': [],
  'test_execution.collection_mode': 'standard',
  'concurrent_deployment.max_concurrent_services': 5,
  'concurrent_deployment.max_concurrent_health_checks': 10,
  'concurrent_deployment.deployment_timeout': 600,
  'concurrent_deployment.health_check_timeout': 300,
  'concurrent_deployment.scheduling': 'eager',
  'retry_strategy.scenario_level_retries': 0,
  'retry_strategy.service_level_retries': 2,
  'retry_strategy.retry_delay': 30,
  'retry_strategy.retry_only_failed': true,
  'hooks.before_suite': null,
  'hooks.before_scenario': null,
  'hooks.after_ready': null,
  'hooks.after_benchmark': null,
  'hooks.on_failure': null,
  'hooks.after_scenario': null,
  'hooks.after_suite': null,
  'isolation.on_dirty': 'stop',
  'isolation.on_foreign': 'report',
  'isolation.foreign_wait': 600,
  'isolation.after_foreign_wait': 'fail',
  'isolation.foreign_load': 0.5,
} as const;

export type SettingKey = keyof typeof BUILT_IN;

export const SETTING_KEYS = Object.keys(BUILT_IN) as readonly SettingKey[];

type Section<S> = S extends keyof MetadataFile ? NonNullable<MetadataFile[S]> : never;
type Written<K> = K extends `${infer S}.${infer N}`
  ? N extends keyof Section<S>
    ? Exclude<Section<S>[N], undefined>
    : never
  : never;

/** What a setting may be: what its schema says, or nothing where nothing is built in. */
export type SettingValue<K extends SettingKey> = K extends SettingKey
  ? Written<K> | ((typeof BUILT_IN)[K] extends null ? null : never)
  : never;

/** Settings of the project that no scenario has. */
export const WEBHOOK_SETTING = 'notifications.webhook';
export const LEASE_SETTING = 'lease_timeout';

/** The one setting whose layers are merged key by key. */
export const ENV_SETTING = 'test_execution.env';
