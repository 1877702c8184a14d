/** The files a project is made of. Of several names for one file, the first is the one that is written. */

export const CONFIG_DIRECTORY = 'config';
export const DEFAULT_SCENARIOS_ROOT = 'scenarios';
export const HOOKS_DIRECTORY = 'hooks';

export const NODES_FILES = ['nodes.yaml', 'nodes.yml'] as const;
export const SCENARIOS_FILES = ['scenarios.yaml', 'scenarios.yml'] as const;
export const DEFAULTS_FILES = ['defaults.yaml', 'defaults.yml'] as const;
export const METADATA_FILES = ['metadata.yaml', 'metadata.yml'] as const;
/** In the order of preference that compose itself has. */
export const COMPOSE_FILES = [
  'compose.yaml',
  'compose.yml',
  'docker-compose.yml',
  'docker-compose.yaml',
] as const;
/** What compose itself lays over the file of the folder. */
export const COMPOSE_OVERRIDE_FILES = [
  'compose.override.yml',
  'compose.override.yaml',
  'docker-compose.override.yml',
  'docker-compose.override.yaml',
] as const;

export const DEFAULT_SCRIPT = 'run_test.sh';
export const TEST_CONFIG_FILE = 'test_config.json';
export const ENV_FILE = '.env';

/** Written beside the results of a script, so no result may have these names. */
export const RESERVED_RESULTS: readonly string[] = ['test_stdout.log', 'test_stderr.log'];
