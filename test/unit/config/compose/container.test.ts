import { describe, expect, it } from 'vitest';

import { problemsOf, scenarioOf, type Environment, type Files } from '../temporary-project.js';

const DOCKER = 'nodes: { here: { transport: local } }\n';

function files(service: string): Files {
  return {
    'config/nodes.yaml': DOCKER,
    'scenarios/one/docker-compose.yml': `services:\n  web:\n${service.replaceAll(/^/gm, '    ')}\n`,
  };
}

async function container(service: string, environment: Environment = {}) {
  return (await scenarioOf(files(service), environment)).services[0]?.container;
}

describe('a service that runs as a container', () => {
  it('is told as far as its file says, without a process', async () => {
    const { services } = await scenarioOf(
      files(`image: vllm/vllm-openai:v0.6.3
platform: linux/amd64
pull_policy: never
container_name: engine
stop_grace_period: 1m30s
ports: ["18008:8000"]`),
    );
    expect(services[0]).toMatchObject({ runtime: 'docker', process: null });
    expect(services[0]?.container).toEqual({
      image: 'vllm/vllm-openai:v0.6.3',
      isBuilt: false,
      platform: 'linux/amd64',
      pullPolicy: 'never',
      ports: [{ address: null, port: 18008, protocol: 'tcp' }],
      containerName: 'engine',
      stopGracePeriodMs: 90_000,
      gpus: null,
    });
  });

  it('gets what names without a value stand for, wherever that is set, also on another machine', async () => {
    const service =
      'image: x\nenv_file: own.env\nenvironment: [FROM_FILE, FROM_HERE, NOWHERE, SET=1]';
    const scenario = await scenarioOf(
      {
        ...files(service),
        '.env': 'FROM_FILE=a\nIN_ENV_FILE=c\nUNUSED=d\n',
        'scenarios/one/own.env': 'IN_ENV_FILE\n',
      },
      { FROM_HERE: 'b' },
    );
    const found = { FROM_FILE: 'a', FROM_HERE: 'b', IN_ENV_FILE: 'c' };
    expect(scenario.composeVariables).toEqual(found);
    const asMap = 'image: x\nenvironment: { FROM_HERE: , SET: 1 }';
    const other = await scenarioOf(files(asMap), { FROM_HERE: 'b' });
    expect(other.composeVariables).toEqual({ FROM_HERE: 'b' });
  });

  it('is nothing where the node runs processes', async () => {
    const { services } = await scenarioOf({
      'scenarios/one/docker-compose.yml': 'services: { web: { image: x, command: "true" } }',
    });
    expect(services[0]?.container).toBeNull();
  });

  it('is known with the variables that are set, and open where one is not', async () => {
    const service = 'image: engine:${TAG}\ncontainer_name: ${NAME:-engine}\nports: ["${PORT}:80"]';
    expect(await container(service, { TAG: '1.2', PORT: '8080' })).toMatchObject({
      image: 'engine:1.2',
      containerName: 'engine',
      stopGracePeriodMs: 10_000,
      ports: [{ port: 8080 }],
    });
    expect(await container(service)).toMatchObject({ image: null, ports: [] });
    const errors = (await problemsOf(files(service))).filter((line) => line.includes(' error '));
    expect(errors).toEqual([]);
  });

  it('may be built, with or without a name', async () => {
    expect(await container('build: .')).toMatchObject({ image: null, isBuilt: true });
    expect(await container('build: .\nimage: own:1')).toMatchObject({
      image: 'own:1',
      isBuilt: true,
    });
  });

  it.each([
    ['"8080:80"', [[null, 8080, 'tcp']]],
    ['"127.0.0.1:8080:80/udp"', [['127.0.0.1', 8080, 'udp']]],
    ['"0.0.0.0:8080:80"', [[null, 8080, 'tcp']]],
    ['"[::1]:8080:80"', [['::1', 8080, 'tcp']]],
    [
      '"3000-3001:4000-4001"',
      [
        [null, 3000, 'tcp'],
        [null, 3001, 'tcp'],
      ],
    ],
    ['{ target: 80, published: "8080", host_ip: 10.0.0.1 }', [['10.0.0.1', 8080, 'tcp']]],
    // Docker picks one itself.
    ['"80"', []],
    ['"8000-8010:80"', []],
    ['{ target: 80 }', []],
  ])('publishes %s', async (port, published) => {
    const found = await container(`image: x\nports: [${port}]`);
    expect(
      found?.ports.map(({ address, port: number, protocol }) => [address, number, protocol]),
    ).toEqual(published);
  });

  it('publishes nothing on the network of its host', async () => {
    expect(await container('image: x\nnetwork_mode: host\nports: ["80:80"]')).toMatchObject({
      ports: [],
    });
  });

  it.each([
    ['gpus: all', { count: 'all', devices: [] }],
    ['runtime: nvidia', { count: 'all', devices: [] }],
    ['gpus: [{ count: 2 }]', { count: 2, devices: [] }],
    [
      'deploy: { resources: { reservations: { devices: [{ driver: nvidia, count: 4, capabilities: [gpu] }] } } }',
      { count: 4, devices: [] },
    ],
    [
      'deploy: { resources: { reservations: { devices: [{ device_ids: ["0", "3"], capabilities: [gpu] }] } } }',
      { count: 2, devices: ['0', '3'] },
    ],
    [
      'deploy: { resources: { reservations: { devices: [{ count: 1, capabilities: [tpm] }] } } }',
      null,
    ],
    ['init: true', null],
  ])('uses GPUs by `%s`', async (setting, gpus) => {
    expect((await container(`image: x\n${setting}`))?.gpus ?? null).toEqual(gpus);
  });
});

describe('what a scenario requires and how its nodes are checked', () => {
  it('comes from its file, over the project, over what is built in', async () => {
    const plain = await scenarioOf({});
    expect(plain.serviceHealthCheck).toEqual({
      enabled: true,
      strategy: 'standard',
      autoRecovery: false,
      minFreeDiskBytes: 500_000_000,
    });
    expect(plain.isolation).toEqual({
      onDirty: 'stop',
      onForeign: 'report',
      foreignWaitMs: 600_000,
      afterForeignWait: 'fail',
      foreignLoad: 0.5,
    });
    const scenario = await scenarioOf({
      'config/scenarios.yaml':
        'execution_config: { isolation: { on_dirty: continue, foreign_wait: 5m } }\n',
      'config/defaults.yaml':
        'service_health_check: { auto_recovery: true, min_free_disk: 10GB }\nisolation: { foreign_load: 1.5 }\n',
      'scenarios/one/metadata.yaml':
        'name: first\nresource_requirements: { min_gpu_memory: 80GB, min_gpus: 8, gpu_model: H100 }\nservice_health_check: { min_free_disk: 2GiB }\nisolation: { on_foreign: wait, after_foreign_wait: report }\n',
    });
    expect(scenario.serviceHealthCheck).toMatchObject({
      autoRecovery: true,
      minFreeDiskBytes: 2 ** 31,
    });
    expect(scenario.isolation).toEqual({
      onDirty: 'continue',
      onForeign: 'wait',
      foreignWaitMs: 300_000,
      afterForeignWait: 'report',
      foreignLoad: 1.5,
    });
    expect(scenario.resourceRequirements).toEqual({
      minGpuMemoryBytes: 80e9,
      minGpus: 8,
      gpuModel: 'H100',
      minNodes: null,
    });
  });
});
