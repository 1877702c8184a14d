/**
 * The suite that is hit: containers on Compose V1 and V2, a one-shot service, a volume, a published port, a process, and
 * scripts here and on a node whose results are known to the byte. Undisturbed it takes a few seconds.
 */

/** Files by their path in the project. */
export type ChaosFiles = Readonly<Record<string, string>>;

/** What the nodes are called by the suite; `worker` is the machine of `node2`, without containers. */
export const MACHINE_OF = { node1: 'node1', node2: 'node2', worker: 'node2' } as const;
export type ChaosNode = keyof typeof MACHINE_OF;

/** A peer is gone after three of them. */
export const KEEPALIVE_S = 1;
/** Long enough for a machine that is busy, short enough to be waited for. */
export const LEASE_S = 8;

/** Absolute on `node1`, and empty before and after every run. */
export const OUTSIDE = '/opt/chaos-results';

/** In the order in which they run. */
export const SCENARIOS = ['mixed', 'remote', 'quick'] as const;
export type ChaosScenario = (typeof SCENARIOS)[number];

/** What a completed scenario has brought home, by path below its `test_artifacts`. */
export const EXPECTED: Readonly<Record<ChaosScenario, ChaosFiles>> = {
  mixed: {
    'results/numbers.txt': numbers(1, 20_000),
    'results/first': 'first\n',
    'notes-1.txt': 'a note\n',
  },
  remote: {
    'results/numbers.txt': numbers(5, 30_000),
    'results/empty': '',
    'opt/chaos-results/outside.txt': 'written outside the working folder\n',
  },
  quick: { 'results/numbers.txt': numbers(1, 10) },
};

/** Which service of which scenario runs where, those that run until they are stopped. */
export const SERVICES: readonly {
  readonly scenario: ChaosScenario;
  readonly service: string;
  readonly node: ChaosNode;
  readonly kind: 'container' | 'process';
}[] = [
  { scenario: 'mixed', service: 'store', node: 'node1', kind: 'container' },
  { scenario: 'mixed', service: 'api', node: 'node2', kind: 'container' },
  { scenario: 'mixed', service: 'agent', node: 'worker', kind: 'process' },
  { scenario: 'remote', service: 'engine', node: 'node2', kind: 'container' },
];

const busybox = (script: string, more: object = {}) => ({
  image: 'lab/busybox:1',
  init: true,
  command: ['sh', '-c', script.replaceAll('$', '$$$$')],
  ...more,
});

const MIXED = {
  metadata: {
    name: 'mixed',
    deployment: {
      services: [
        { name: 'seed', node: 'node1' },
        {
          name: 'store',
          node: 'node1',
          health_check: { type: 'tcp', port: 18_321, interval: 0.1 },
        },
        { name: 'api', node: 'node2' },
        {
          name: 'agent',
          node: 'worker',
          compose_file: 'processes.yml',
          health_check: { type: 'log', pattern: '^up' },
        },
      ],
    },
    test_execution: { node: 'local', result_paths: ['results/', 'notes-*.txt'], timeout: 60 },
  },
  compose: {
    services: {
      seed: busybox('echo seeded >/data/seed', { volumes: ['data:/data'] }),
      store: busybox('cat /data/seed; exec httpd -f -p 80 -h /data', {
        volumes: ['data:/data'],
        ports: ['18321:80'],
        depends_on: { seed: { condition: 'service_completed_successfully' } },
      }),
      api: busybox('echo api; exec sleep 600', {
        healthcheck: { test: ['CMD', 'true'], interval: '200ms' },
      }),
    },
    volumes: { data: {} },
  },
  more: {
    'processes.yml': JSON.stringify({
      services: {
        agent: { command: ['sh', '-c', 'echo up; while :; do sleep 0.2; done'] },
      },
    }),
  },
  script: `echo first >results/first
for part in 1 2 3 4; do
  seq $((part * 5000 - 4999)) $((part * 5000)) >>results/numbers.txt
  sleep 0.15
  echo "part $part"
done
echo 'a note' >notes-1.txt`,
};

const REMOTE = {
  metadata: {
    name: 'remote',
    deployment: { services: [{ name: 'engine', node: 'node2' }] },
    test_execution: { node: 'node1', result_paths: ['results/', `${OUTSIDE}/`], timeout: 60 },
  },
  compose: { services: { engine: busybox('echo engine; exec sleep 600') } },
  script: `: >results/empty
for part in 1 2 3; do
  seq $((part * 10000 - 9999)) $((part * 10000)) | tail -n +$((part == 1 ? 5 : 1)) >>results/numbers.txt
  sleep 0.15
  echo "part $part"
done
echo 'written outside the working folder' >${OUTSIDE}/outside.txt`,
};

const QUICK = {
  metadata: {
    name: 'quick',
    test_execution: { node: 'local', result_paths: ['results/'] },
  },
  script: 'seq 1 10 >results/numbers.txt',
};

/** Every file of the project but those that lead to the lab. */
export const SUITE_FILES: ChaosFiles = {
  'config/defaults.yaml': JSON.stringify({
    service_health_check: { startup_timeout: '30s', min_free_disk: '1MB' },
    retry_strategy: { service_level_retries: 0 },
  }),
  'config/scenarios.yaml': JSON.stringify({
    execution: { execution_mode: 'auto' },
    execution_config: { lease_timeout: LEASE_S },
    inter_scenario: { continue_on_failure: true },
  }),
  ...scenarioFiles('001_mixed', MIXED),
  ...scenarioFiles('002_remote', REMOTE),
  ...scenarioFiles('003_quick', QUICK),
};

function scenarioFiles(
  directory: string,
  parts: {
    readonly metadata: object;
    readonly compose?: object;
    readonly script: string;
    readonly more?: ChaosFiles;
  },
): ChaosFiles {
  const folder = `scenarios/${directory}`;
  return {
    [`${folder}/metadata.yaml`]: JSON.stringify(parts.metadata),
    [`${folder}/run_test.sh`]: `#!/bin/sh\nset -e\n${parts.script}\n`,
    ...(parts.compose ? { [`${folder}/docker-compose.yml`]: JSON.stringify(parts.compose) } : {}),
    ...Object.fromEntries(
      Object.entries(parts.more ?? {}).map(([name, text]) => [`${folder}/${name}`, text]),
    ),
  };
}

function numbers(first: number, last: number): string {
  return Array.from({ length: last - first + 1 }, (_, index) => `${first + index}\n`).join('');
}
