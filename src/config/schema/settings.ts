import { count, duration, flag, size, textMap } from './define.js';

/** The sections that every layer of configuration may have: a scenario, the project, and what is built in. */

export const concurrentDeployment = {
  type: 'object',
  title: 'Concurrent deployment',
  description: 'How many services are brought up at once, and how long that may take.',
  additionalProperties: false,
  properties: {
    max_concurrent_services: count('How many services are started at once at most.', 1, 5),
    max_concurrent_health_checks: count('How many services are probed at once at most.', 1, 10),
    deployment_timeout: duration('Limit for bringing up all services of a scenario.', 600),
    health_check_timeout: duration(
      'Limit for one service, from its start to ready, where nothing nearer gives one.',
      300,
    ),
    scheduling: {
      type: 'string',
      enum: ['eager', 'batch'],
      default: 'eager',
      description:
        'eager: a service starts as soon as its own dependencies are ready. batch: once the whole batch before it is.',
    },
  },
} as const;

/** The older name, kept apart so that editors say so. */
export const concurrentExecution = {
  ...concurrentDeployment,
  title: 'Concurrent execution',
  description: 'The older name of concurrent_deployment.',
} as const;

export const retryStrategy = {
  type: 'object',
  title: 'Retries',
  description: 'What is tried again after a failure, and how often.',
  additionalProperties: false,
  properties: {
    scenario_level_retries: count('How often a failed scenario is run again.', 0, 0),
    service_level_retries: count('How often a failed service is started again.', 0, 2),
    retry_delay: duration('Time between attempts.', 30),
    retry_only_failed: flag(
      'true: only failed services are started again. false: the whole deployment is.',
      true,
    ),
  },
} as const;

export const serviceHealthCheck = {
  type: 'object',
  title: 'Health of services',
  description: 'How thoroughly nodes and services are checked before the test starts.',
  additionalProperties: false,
  properties: {
    enabled: flag('false: a started service counts as ready.', true),
    strategy: {
      type: 'string',
      enum: ['quick', 'standard', 'thorough'],
      default: 'standard',
      description:
        'quick: login, host key, runtime. standard: also disk, ports, images, GPUs and the clock. thorough: also what else runs on the node and a trial; and a probe of a service has to pass three times in a row.',
    },
    auto_recovery: flag(
      'true: a stopped Docker is started again, a lost node is dialled again, and where that does not help only the scenarios that need the node fail.',
      false,
    ),
    min_free_disk: {
      ...size(
        'What has to be free on a node, where working folders, results and images go, and on this machine, where the results of a run go.',
      ),
      default: '500MB',
    },
    startup_timeout: duration(
      'How long a service may take from its start to ready, where its own health check gives no timeout.',
    ),
    max_retries: count(
      'How many failures in a row make a container unhealthy, where its health check does not say.',
      1,
      3,
    ),
  },
} as const;

export const leaseTimeout = duration(
  'When nothing is heard of a run for so long, because the machine that runs playbook died or cannot be reached, each of its nodes removes what the run has there. At least 3 s.',
  900,
);

export const isolation = {
  type: 'object',
  title: 'Isolation',
  description: 'What happens when a node is not clean after a scenario, or not idle before it.',
  additionalProperties: false,
  properties: {
    on_dirty: {
      type: 'string',
      enum: ['stop', 'continue'],
      default: 'stop',
      description:
        'When something of the scenario is left on a node and cannot be removed. stop: the suite ends. continue: it goes on without that node, until it is clean again.',
    },
    on_foreign: {
      type: 'string',
      enum: ['report', 'wait', 'fail'],
      default: 'report',
      description:
        'When others use a GPU of a node, or keep its processors busy, right before the scenario. report: it runs, and its results say so. wait: until they are done. fail: it does not run.',
    },
    foreign_wait: duration('For on_foreign wait: how long.', 600),
    after_foreign_wait: {
      type: 'string',
      enum: ['fail', 'report'],
      default: 'fail',
      description: 'For on_foreign wait: what follows when they are still there.',
    },
    foreign_load: {
      type: 'number',
      minimum: 0.1,
      default: 0.5,
      description:
        'A node is busy with the work of others from this load on, per core. A large number switches that off.',
    },
  },
} as const;

export const collectionMode = (description: string) =>
  ({
    type: 'string',
    enum: ['basic', 'standard', 'comprehensive'],
    default: 'standard',
    description: `${description} basic: results. standard: results and service logs. comprehensive: system logs too.`,
  }) as const;

export const testExecution = {
  type: 'object',
  title: 'Test execution',
  description: 'The test script: where it runs, for how long, and what it leaves behind.',
  additionalProperties: false,
  properties: {
    node: {
      type: 'string',
      default: 'local',
      description:
        'Where the script runs. local: here. remote: on the node of the services. auto: on the only node of the scenario, here if there are several. Or the name of a node.',
    },
    script: {
      type: 'string',
      default: 'run_test.sh',
      description: "The test script, relative to the scenario's folder.",
    },
    timeout: duration('Limit for the script; then its whole process tree is ended.', 3600),
    result_paths: {
      type: 'array',
      items: { type: 'string' },
      default: [],
      description:
        "What is collected, relative to the script's working folder, or absolute. A path that ends in / is a directory; others are files, or patterns with * and ?.",
    },
    collection_mode: collectionMode('How much is collected.'),
    env: textMap('Added to the environment of the script.'),
  },
} as const;
