import { describe, expect, it } from 'vitest';

import { load, problemsOf, scenarioOf, type Files } from '../temporary-project.js';

const built = {
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
  serviceHealthCheck: { enabled: true, strategy: 'standard' },
  testExecution: {
    node: 'controller',
    script: 'run_test.sh',
    timeoutMs: 3_600_000,
    resultPaths: [],
    collectionMode: 'standard',
    env: {},
  },
};

describe('the settings of a scenario', () => {
  it('are what is built in where nobody says anything', async () => {
    expect(await scenarioOf({})).toMatchObject(built);
  });

  it('come from the scenario before the project, key by key', async () => {
    const files: Files = {
      'config/defaults.yaml': `service_health_check: { strategy: thorough, startup_timeout: 200, max_retries: 4 }
test_execution: { timeout: 2400, node: local, collection_mode: basic, env: { A: 1, B: 2 } }
concurrent_execution: { max_concurrent_services: 4, deployment_timeout: 450, max_concurrent_health_checks: 7 }
retry_strategy: { retry_delay: 10 }
`,
      'config/scenarios.yaml': `execution_config:
  default_collection_mode: comprehensive
  concurrent_deployment: { health_check_timeout: 2m }
inter_scenario: { retry_count: 3, wait_between_scenarios: 2m, continue_on_failure: false }
`,
      'scenarios/one/metadata.yaml': `name: first
concurrent_deployment: { max_concurrent_services: 1, scheduling: batch }
retry_strategy: { service_level_retries: 0 }
service_health_check: { enabled: false }
test_execution: { timeout: 10m, env: { B: 3, C: "4" } }
`,
    };
    const loaded = await load(files);
    expect(loaded.project?.scenarios[0]).toMatchObject({
      concurrentDeployment: {
        maxConcurrentServices: 1,
        maxConcurrentHealthChecks: 7,
        deploymentTimeoutMs: 450_000,
        healthCheckTimeoutMs: 120_000,
        scheduling: 'batch',
      },
      retryStrategy: {
        scenarioLevelRetries: 3,
        serviceLevelRetries: 0,
        retryDelayMs: 10_000,
        retryOnlyFailed: true,
      },
      serviceHealthCheck: { enabled: false, strategy: 'thorough' },
      testExecution: {
        timeoutMs: 600_000,
        collectionMode: 'comprehensive',
        env: { A: '1', B: '3', C: '4' },
      },
    });
    expect(loaded.project?.interScenario).toEqual({
      waitBetweenScenariosMs: 120_000,
      continueOnFailure: false,
    });
  });

  it.each([
    [
      'two names in one file that differ',
      {
        'config/defaults.yaml':
          'concurrent_execution: { max_concurrent_services: 4 }\nconcurrent_deployment: { max_concurrent_services: 5 }\n',
      },
      [
        'config/defaults.yaml:1:25 error concurrent_execution.max_concurrent_services: says 4, and concurrent_deployment.max_concurrent_services in line 2 says 5: they are two names for one setting | keep one of them',
      ],
    ],
    [
      'two names in one file that agree',
      {
        'config/defaults.yaml':
          'concurrent_execution: { max_concurrent_services: 4 }\nconcurrent_deployment: { max_concurrent_services: 4 }\n',
      },
      [],
    ],
    [
      'two names in one scenario that differ',
      {
        'scenarios/one/metadata.yaml':
          'name: first\nconcurrent_deployment: { max_concurrent_services: 5 }\nconcurrent_execution: { max_concurrent_services: 4 }\n',
      },
      [
        'scenarios/one/metadata.yaml:3:25 error concurrent_execution.max_concurrent_services: says 4, and concurrent_deployment.max_concurrent_services in line 2 says 5: they are two names for one setting | keep one of them',
      ],
    ],
    [
      'retry_count and scenario_level_retries',
      {
        'config/scenarios.yaml':
          'execution_config: { retry_strategy: { scenario_level_retries: 1 } }\ninter_scenario: { retry_count: 2 }\n',
      },
      [
        'config/scenarios.yaml:2:19 error inter_scenario.retry_count: says 2, and execution_config.retry_strategy.scenario_level_retries in line 1 says 1: they are two names for one setting | keep one of them',
      ],
    ],
    [
      'scenarios.yaml and defaults.yaml, of which the first counts',
      {
        'config/scenarios.yaml': 'execution_config:\n  default_collection_mode: basic\n',
        'config/defaults.yaml': 'test_execution:\n  collection_mode: standard\n',
      },
      [
        "config/defaults.yaml:2:3 warning test_execution.collection_mode: has no effect: execution_config.default_collection_mode in config/scenarios.yaml:2 says 'basic', and counts | keep one of them",
      ],
    ],
    [
      'a limit of nothing',
      { 'config/defaults.yaml': 'test_execution:\n  timeout: 0s\n' },
      ['config/defaults.yaml:2:12 error test_execution.timeout: must be more than 0'],
    ],
    [
      'values out of range',
      {
        'config/defaults.yaml':
          'concurrent_deployment: { max_concurrent_services: 0, deployment_timeout: -1 }\nretry_strategy: { retry_delay: 5 minutes, service_level_retries: 1.5 }\n',
      },
      [
        'config/defaults.yaml:1:51 error concurrent_deployment.max_concurrent_services: must be at least 1; got 0',
        'config/defaults.yaml:1:74 error concurrent_deployment.deployment_timeout: must be at least 0; got -1',
        "config/defaults.yaml:2:32 error retry_strategy.retry_delay: must be a number of seconds, or a duration such as 500ms, 90s, 5m or 1h30m; got '5 minutes'",
        'config/defaults.yaml:2:66 error retry_strategy.service_level_retries: must be a whole number; got 1.5',
      ],
    ],
    [
      'an unknown section',
      { 'config/defaults.yaml': 'service_healthcheck: { enabled: true }\n' },
      [
        'config/defaults.yaml:1:1 error service_healthcheck: unknown key `service_healthcheck` | did you mean `service_health_check`?',
      ],
    ],
  ])('with %s', async (_what, files: Files, expected) => {
    expect(await problemsOf(files)).toEqual(expected);
  });

  it('may leave a key empty, which says nothing', async () => {
    const files = {
      'config/defaults.yaml': 'test_execution:\n  timeout:\nretry_strategy:\n',
      'config/scenarios.yaml': '# only a comment\n',
    };
    expect(await scenarioOf(files)).toMatchObject(built);
  });
});

describe('a variable that is not set', () => {
  const defaults = {
    'config/defaults.yaml': 'test_execution:\n  timeout: ${T}\n  node: ${N:-local}\n',
  };

  it('is an error where its value is used, once for all that use it', async () => {
    const message =
      "config/defaults.yaml:2:12 error test_execution.timeout: the variable T is not set | set it in the environment or in the project's .env, or write ${T:-default}";
    expect(await problemsOf(defaults)).toEqual([message]);
    const second = {
      'scenarios/two/metadata.yaml': 'name: second\n',
      'scenarios/two/run_test.sh': '#!/bin/sh\n',
    };
    expect(await problemsOf({ ...defaults, ...second })).toEqual([message]);
  });

  it('is none where something else counts', async () => {
    const metadata = {
      'scenarios/one/metadata.yaml': 'name: first\ntest_execution: { timeout: 5 }\n',
    };
    expect(await problemsOf({ ...defaults, ...metadata })).toEqual([]);
    expect(await scenarioOf(defaults, { T: '90' })).toMatchObject({
      testExecution: { timeoutMs: 90_000 },
    });
    expect(await scenarioOf(defaults, { T: '1h' })).toMatchObject({
      testExecution: { timeoutMs: 3_600_000 },
    });
  });
});

describe('explaining a scenario', () => {
  const files: Files = {
    'config/defaults.yaml':
      'test_execution:\n  timeout: 40m\n  env: { HF_TOKEN: abcdef, V: 3.10 }\n',
    'config/scenarios.yaml': 'execution_config:\n  default_collection_mode: basic\n',
    'scenarios/one/metadata.yaml': 'name: first\ntest_execution:\n  result_paths: [out/]\n',
  };

  it('names the layer, file and line of every value', async () => {
    const loaded = await load(files);
    const values = loaded.explain('first', 'test_execution');
    expect(values).toEqual([
      { key: 'test_execution.node', value: 'local', layer: 'built-in', file: null, line: null },
      {
        key: 'test_execution.script',
        value: 'run_test.sh',
        layer: 'built-in',
        file: null,
        line: null,
      },
      {
        key: 'test_execution.timeout',
        value: '40m',
        layer: 'project',
        file: 'config/defaults.yaml',
        line: 2,
      },
      {
        key: 'test_execution.result_paths',
        value: ['out/'],
        layer: 'scenario',
        file: 'scenarios/one/metadata.yaml',
        line: 3,
      },
      {
        key: 'test_execution.collection_mode',
        value: 'basic',
        layer: 'project',
        file: 'config/scenarios.yaml',
        line: 2,
      },
      {
        key: 'test_execution.env.HF_TOKEN',
        value: '***',
        layer: 'project',
        file: 'config/defaults.yaml',
        line: 3,
      },
      {
        key: 'test_execution.env.V',
        value: '3.10',
        layer: 'project',
        file: 'config/defaults.yaml',
        line: 3,
      },
    ]);
  });

  it('knows scenarios by name and by directory, and single keys', async () => {
    const loaded = await load(files);
    expect(loaded.explain('one', 'name')).toEqual([
      {
        key: 'name',
        value: 'first',
        layer: 'scenario',
        file: 'scenarios/one/metadata.yaml',
        line: 1,
      },
    ]);
    expect(loaded.explain('first', 'no.such.key')).toEqual([]);
    expect(loaded.explain('second')).toBeUndefined();
  });
});
