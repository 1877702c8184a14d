/** The keys of the Compose Specification (compose-spec.json), and what a plain process makes of them. */

export const TOP_LEVEL_KEYS: ReadonlySet<string> = new Set([
  'version',
  'name',
  'include',
  'services',
  'models',
  'networks',
  'volumes',
  'configs',
  'secrets',
]);

/** What a process does just as a container would, or what changes nothing for it. */
const HONOURED = [
  'annotations',
  'attach',
  'command',
  'container_name',
  'depends_on',
  'develop',
  'entrypoint',
  'env_file',
  'environment',
  'expose',
  'extends',
  'healthcheck',
  'image',
  'init',
  'label_file',
  'labels',
  'logging',
  'platform',
  'profiles',
  'pull_policy',
  'pull_refresh_after',
  'stop_grace_period',
  'stop_signal',
  'working_dir',
] as const;

/** What depends on the value whether a process can honour it. */
const CONDITIONAL = ['deploy', 'network_mode', 'ports', 'provider', 'restart', 'scale'] as const;

/** What needs a container. */
const CONTAINER_ONLY = [
  'blkio_config',
  'build',
  'cap_add',
  'cap_drop',
  'cgroup',
  'cgroup_parent',
  'configs',
  'cpu_count',
  'cpu_percent',
  'cpu_period',
  'cpu_quota',
  'cpu_rt_period',
  'cpu_rt_runtime',
  'cpu_shares',
  'cpus',
  'cpuset',
  'credential_spec',
  'device_cgroup_rules',
  'devices',
  'dns',
  'dns_opt',
  'dns_search',
  'domainname',
  'external_links',
  'extra_hosts',
  'gpus',
  'group_add',
  'hostname',
  'ipc',
  'isolation',
  'links',
  'mac_address',
  'mem_limit',
  'mem_reservation',
  'mem_swappiness',
  'memswap_limit',
  'models',
  'networks',
  'oom_kill_disable',
  'oom_score_adj',
  'pid',
  'pids_limit',
  'post_start',
  'pre_stop',
  'privileged',
  'read_only',
  'runtime',
  'secrets',
  'security_opt',
  'shm_size',
  'stdin_open',
  'storage_opt',
  'sysctls',
  'tmpfs',
  'tty',
  'ulimits',
  'use_api_socket',
  'user',
  'userns_mode',
  'uts',
  'volumes',
  'volumes_from',
] as const;

export const CONTAINER_ONLY_KEYS: ReadonlySet<string> = new Set(CONTAINER_ONLY);

export const SERVICE_KEYS: ReadonlySet<string> = new Set([
  ...HONOURED,
  ...CONDITIONAL,
  ...CONTAINER_ONLY,
]);

export const HEALTHCHECK_KEYS: ReadonlySet<string> = new Set([
  'test',
  'interval',
  'timeout',
  'retries',
  'start_period',
  'start_interval',
  'disable',
]);
export const DEPENDENCY_KEYS: ReadonlySet<string> = new Set(['condition', 'required', 'restart']);
export const EXTENDS_KEYS: ReadonlySet<string> = new Set(['service', 'file']);
export const ENV_FILE_KEYS: ReadonlySet<string> = new Set(['path', 'required', 'format']);
export const INCLUDE_KEYS: ReadonlySet<string> = new Set(['path', 'env_file', 'project_directory']);
