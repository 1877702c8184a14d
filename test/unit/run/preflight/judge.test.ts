import { describe, expect, it } from 'vitest';

import type { GpuFacts, NodeFacts } from '../../../../src/model/node-facts.js';
import type { ScenarioSpec } from '../../../../src/model/scenario.js';
import type { ContainerSpec } from '../../../../src/model/service.js';
import { checkNodeCount, forgiveSpareNodes } from '../../../../src/run/preflight/check-nodes.js';
import type { Findings, NodeCheck } from '../../../../src/run/preflight/findings.js';
import { judgeDisks } from '../../../../src/run/preflight/judge/disk.js';
import { isOfModel, judgeGpus } from '../../../../src/run/preflight/judge/gpus.js';
import { judgeImages } from '../../../../src/run/preflight/judge/images.js';
import { judgePorts } from '../../../../src/run/preflight/judge/ports.js';
import { judgeClock } from '../../../../src/run/preflight/judge/clock.js';
import { judgeSurroundings } from '../../../../src/run/preflight/judge/surroundings.js';
import { needsOf } from '../../../../src/run/preflight/needs.js';
import type { PortHolder } from '../../../../src/run/preflight/survey/ports.js';
import { nodeSpec, scenarioSpec, serviceSpec } from '../../../support/specs.js';

const GIB = 2 ** 30;
const node = nodeSpec();

function container(overrides: Partial<ContainerSpec> = {}): ContainerSpec {
  return {
    image: 'engine:1',
    isBuilt: false,
    platform: null,
    pullPolicy: null,
    ports: [],
    containerName: null,
    stopGracePeriodMs: 10_000,
    gpus: null,
    ...overrides,
  };
}

function scenario(
  name: string,
  containers: Readonly<Record<string, Partial<ContainerSpec>>>,
  overrides: Partial<ScenarioSpec> = {},
): ScenarioSpec {
  return scenarioSpec({
    name,
    services: Object.entries(containers).map(([id, changes]) =>
      serviceSpec(id, [], {
        node: id.split('@')[1] ?? 'node1',
        runtime: 'docker',
        process: null,
        container: container(changes),
      }),
    ),
    ...overrides,
  });
}

function requirements(overrides: Partial<ScenarioSpec['resourceRequirements']>) {
  return {
    resourceRequirements: {
      minGpuMemoryBytes: null,
      minGpus: null,
      gpuModel: null,
      minNodes: null,
      ...overrides,
    },
  };
}

function messages({ problems }: Findings): string[] {
  return problems.map(({ failure }) => failure.message);
}

const gpu = (overrides: Partial<GpuFacts> = {}): GpuFacts => ({
  index: 0,
  name: 'NVIDIA H20',
  memory_total_bytes: 97_871 * 2 ** 20,
  memory_used_bytes: 0,
  driver: '550',
  ...overrides,
});

describe('what scenarios need of a node', () => {
  it('is looked at as thoroughly as the one that wants to know most', () => {
    const health = scenarioSpec().serviceHealthCheck;
    const of = (name: string, strategy: 'quick' | 'thorough', minFreeDiskBytes: number) =>
      scenario(name, { a: {} }, { serviceHealthCheck: { ...health, strategy, minFreeDiskBytes } });
    const needs = needsOf([of('one', 'quick', 5), of('two', 'thorough', 3)], 'node1');
    expect(needs).toMatchObject({ strategy: 'thorough', minFreeDiskBytes: 5 });
    expect(needsOf([of('one', 'quick', 5)], 'node2')).toMatchObject({
      strategy: 'standard',
      minFreeDiskBytes: 500_000_000,
      images: [],
    });
  });

  it('is its share of the services only', () => {
    const one = scenario('one', { 'a@node1': { image: 'a' }, 'b@node2': { image: 'b' } });
    expect(needsOf([one], 'node2').images.map(({ image }) => image)).toEqual(['b']);
  });

  it('has GPUs on the nodes whose services say that they use some, as many as they say', () => {
    const two = scenario(
      'two',
      { 'worker@node1': { gpus: { count: 4, devices: [] } }, 'router@node2': {} },
      requirements({ minGpuMemoryBytes: 24e9 }),
    );
    expect(needsOf([two], 'node1').gpus).toEqual([
      { scenario: 'two', count: 4, minMemoryBytes: 24e9, model: null },
    ]);
    expect(needsOf([two], 'node2').gpus).toEqual([]);
    const silent = scenario('silent', { a: {} }, requirements({ minGpuMemoryBytes: 24e9 }));
    expect(needsOf([silent], 'node1').gpus).toMatchObject([{ count: 1 }]);
    expect(needsOf([scenario('none', { a: {} })], 'node1').gpus).toEqual([]);
  });
});

describe('disks', () => {
  const disk = (use: 'work' | 'docker', free_bytes: number) =>
    ({ use, path: `/${use}`, free_bytes, total_bytes: 100 * GIB }) as const;

  it('need the floor that is set, and room for the files where working folders go', () => {
    const room = { floorBytes: GIB, filesBytes: GIB };
    const disks = [disk('work', 1.5 * GIB), disk('docker', 1.5 * GIB)];
    const found = judgeDisks(node, { disks, forbidden: [] }, room);
    expect(messages(found)).toEqual([
      'only 1.5 GiB are free at /work, where working folders go; 1 GiB and 1.0 GiB for files of scenarios are needed',
    ]);
    expect(found.problems[0]?.failure).toMatchObject({ kind: 'disk_full', node: 'node1' });
  });

  it('have to let the login write, but for those of the daemon', () => {
    const forbidden = [
      { use: 'work', path: '/opt' },
      { use: 'docker', path: '/var/lib/docker' },
    ] as const;
    const found = judgeDisks(node, { disks: [], forbidden }, { floorBytes: 0, filesBytes: 0 });
    expect(messages(found)).toEqual(['no permission to write to /opt, where working folders go']);
  });
});

describe('GPUs', () => {
  const need = { scenario: 'one', count: 1, minMemoryBytes: null, model: null };

  it('have to be as many as are needed, each with the memory that is asked for', () => {
    const gpus = [gpu(), gpu({ index: 1, memory_total_bytes: 20 * GIB })];
    const judge = (count: number) =>
      messages(
        judgeGpus(node, { gpus, problem: null }, [{ ...need, count, minMemoryBytes: 24e9 }]),
      );
    expect(judge(1)).toEqual([]);
    expect(judge(2)).toEqual([
      'one needs 2 GPUs with 24 GB, and it has 1 × NVIDIA H20 (96 GiB), 1 × NVIDIA H20 (20 GiB)',
    ]);
  });

  it('are as large as the name says, although the driver keeps some memory for itself', () => {
    const gpus = [gpu({ memory_total_bytes: 24_564 * 2 ** 20 })];
    const asked = [{ ...need, minMemoryBytes: 24 * GIB }];
    expect(judgeGpus(node, { gpus, problem: null }, asked).problems).toEqual([]);
  });

  it.each([
    ['NVIDIA H20', 'H20', true],
    ['NVIDIA H200', 'H20', false],
    ['NVIDIA H100 80GB HBM3', 'h100', true],
    ['NVIDIA A100-SXM4-80GB', 'A100 SXM4', true],
    ['NVIDIA GeForce RTX 4090', 'RTX 4090', true],
    ['NVIDIA GeForce RTX 4090', 'RTX 409', false],
  ])('%s: is it a %s? %s', (name, model, isIt) => {
    expect(isOfModel(name, model)).toBe(isIt);
  });

  it('that cannot be asked for are a problem for those who need them, and a warning for others', () => {
    const answer = { gpus: [], problem: 'nvidia-smi failed: mismatch' };
    const needed = judgeGpus(node, answer, [need]);
    expect(needed.problems[0]).toMatchObject({
      scenarios: ['one'],
      failure: { kind: 'resources_missing', message: 'nvidia-smi failed: mismatch' },
    });
    expect(judgeGpus(node, answer, [])).toEqual({ problems: [], warnings: [answer.problem] });
  });
});

describe('ports', () => {
  const holder = (overrides: Partial<PortHolder> = {}): PortHolder => ({
    protocol: 'tcp',
    address: null,
    port: 18008,
    description: 'nginx (process 7)',
    isOurs: false,
    ...overrides,
  });
  const published = (
    port: number,
    address: string | null = null,
    protocol: 'tcp' | 'udp' = 'tcp',
  ) => ({ ports: [{ address, port, protocol }] }) as const;
  const judge = (holders: PortHolder[], ...scenarios: ScenarioSpec[]) =>
    judgePorts(node, holders, needsOf(scenarios, 'node1').ports);

  it('that others have are a problem that names them, once for all scenarios that publish it', () => {
    const found = judge(
      [holder()],
      scenario('one', { web: published(18008) }),
      scenario('two', { api: published(18008) }),
    );
    expect(messages(found)).toEqual([
      'port 18008/tcp, which one needs, is taken by nginx (process 7)',
    ]);
    expect(found.problems[0]).toMatchObject({
      scenarios: ['one', 'two'],
      failure: { kind: 'port_taken', service: 'web' },
    });
  });

  it('that a run of ours has left are a warning', () => {
    const found = judge([holder({ isOurs: true })], scenario('one', { web: published(18008) }));
    expect(found.problems).toEqual([]);
    expect(found.warnings).toHaveLength(1);
  });

  it('are in each other’s way only with the same protocol and address', () => {
    const one = (...args: Parameters<typeof published>) =>
      scenario('one', { web: published(...args) });
    const taken = (held: Partial<PortHolder>, wanted: ScenarioSpec) =>
      judge([holder(held)], wanted).problems.length > 0;
    expect(taken({ address: '127.0.0.1' }, one(18008))).toBe(true);
    expect(taken({}, one(18008, '127.0.0.1'))).toBe(true);
    expect(taken({ address: '10.0.0.5' }, one(18008, '127.0.0.1'))).toBe(false);
    expect(taken({ protocol: 'udp' }, one(18008))).toBe(false);
    expect(taken({ port: 18009 }, one(18008))).toBe(false);
  });
});

describe('images', () => {
  const judge = (changes: Partial<ContainerSpec>, answer?: Parameters<typeof judgeImages>[1]) =>
    judgeImages(
      node,
      answer ?? new Map(),
      needsOf([scenario('one', { web: changes })], 'node1').images,
    );

  it('that are there are fine, whatever else is said of them', () => {
    const present = new Map([['engine:1', { status: 'present' } as const]]);
    expect(judge({ pullPolicy: 'never' }, present)).toMatchObject({
      problems: [],
      images: [{ image: 'engine:1', status: 'present' }],
    });
  });

  it('that nobody has are a problem of those who need them', () => {
    const answer = new Map([
      ['engine:1', { status: 'missing', said: 'no such manifest' } as const],
    ]);
    expect(judge({}, answer).problems[0]).toMatchObject({
      scenarios: ['one'],
      failure: { kind: 'image_missing', service: 'web', node: 'node1' },
    });
  });

  it('that may not be pulled have to be there', () => {
    const answer = new Map([['engine:1', { status: 'will_be_pulled' } as const]]);
    expect(messages(judge({ pullPolicy: 'never' }, answer))).toEqual([
      'image engine:1 is not there, and pull_policy is never',
    ]);
  });

  it('whose registry does not answer are a warning: the daemon may have ways of its own', () => {
    const answer = new Map([['engine:1', { status: 'unknown', said: 'no such host' } as const]]);
    expect(judge({}, answer)).toMatchObject({ problems: [], images: [{ status: 'unknown' }] });
    expect(judge({}, answer).warnings[0]).toContain('no such host');
  });

  it('that are built are not looked for, nor those whose name is not known here', () => {
    expect(judge({ isBuilt: true })).toMatchObject({
      problems: [],
      images: [{ status: 'will_be_built' }],
    });
    expect(judge({ image: null }).images).toEqual([]);
  });
});

describe('what else is on a node', () => {
  const facts = (overrides: Partial<NodeFacts>): NodeFacts => ({
    user: null,
    hostname: null,
    kernel: null,
    architecture: null,
    cores: 8,
    memory_total_bytes: null,
    memory_available_bytes: null,
    load_1m: 0,
    docker: null,
    compose: null,
    disks: [],
    gpus: [],
    clock: null,
    ...overrides,
  });
  const judge = (
    overrides: Partial<NodeFacts>,
    gpuProcesses: Parameters<typeof judgeSurroundings>[0]['gpuProcesses'] = [],
  ) => judgeSurroundings({ facts: facts(overrides), gpuProcesses, ours: new Set([7]) });

  it('is load, measured by the cores', () => {
    expect(judge({ load_1m: 3.9 })).toEqual([]);
    expect(judge({ load_1m: 4.1 })).toEqual(['others keep it busy: a load of 4.1 on 8 cores']);
  });

  it('is whoever else computes on its GPUs, seen or not', () => {
    const gpus = [
      gpu({ memory_used_bytes: 90 * GIB }),
      gpu({ index: 1, memory_used_bytes: 4 * GIB }),
    ];
    const process = { name: 'python3', gpu: 0, memoryBytes: 90 * GIB };
    expect(judge({ gpus }, [{ ...process, pid: 8 }])).toEqual([
      'GPU 0 is used by python3 (process 8) with 90 GiB',
      '4.0 GiB of GPU 1 are in use, by whom cannot be seen',
    ]);
    expect(judge({ gpus: gpus.slice(0, 1) }, [{ ...process, pid: 7 }])).toEqual([]);
  });
});

describe('a clock', () => {
  it('is told of where it is off by a second or more', () => {
    const judge = (skew_ms: number) => judgeClock({ clock: { skew_ms, uncertainty_ms: 1 } });
    expect(judge(999)).toEqual([]);
    expect(judge(-12_340)[0]).toContain('its clock is 12.3 s behind the one here');
    expect(judge(90_000)[0]).toContain('its clock is 1 min 30 s ahead of the one here');
  });
});

describe('nodes without GPUs', () => {
  const check = (name: string, isFit: boolean): NodeCheck => ({
    node: nodeSpec({ name }),
    strategy: 'standard',
    isReachable: true,
    facts: {} as NodeFacts,
    images: [],
    warnings: [],
    durationMs: 1,
    problems: isFit
      ? []
      : judgeGpus(nodeSpec({ name }), { gpus: [], problem: null }, [
          { scenario: 'one', count: 1, minMemoryBytes: null, model: null },
        ]).problems,
  });
  const unfit = (one: ScenarioSpec, ...checks: NodeCheck[]) =>
    forgiveSpareNodes(checks, [one])
      .filter(({ problems }) => problems.length > 0)
      .map(({ node: { name } }) => name);
  const nodes = { 'a@node1': {}, 'b@node2': {}, 'c@node3': {} };

  it('are fine where enough others have them: one, or as many as min_nodes says', () => {
    const one = scenario('one', nodes, requirements({ minGpus: 1 }));
    const checks = [check('node1', true), check('node2', false), check('node3', false)];
    expect(unfit(one, ...checks)).toEqual([]);
    const two = scenario('one', nodes, requirements({ minGpus: 1, minNodes: 2 }));
    expect(unfit(two, ...checks)).toEqual(['node2', 'node3']);
  });

  it('are not, where services say that they use some', () => {
    const gpus = { gpus: { count: 'all', devices: [] } } as const;
    const one = scenario('one', { 'a@node1': gpus, 'b@node2': gpus }, requirements({ minGpus: 1 }));
    expect(unfit(one, check('node1', true), check('node2', false))).toEqual(['node2']);
  });
});

describe('min_nodes', () => {
  it('counts the nodes that are enabled', () => {
    const one = scenario('one', { a: {} }, requirements({ minNodes: 2 }));
    const nodes = [nodeSpec(), nodeSpec({ name: 'off', enabled: false })];
    expect(checkNodeCount(one, nodes)[0]).toMatchObject({
      kind: 'resources_missing',
      message: 'one needs 2 nodes, and only 1 is enabled',
    });
    expect(checkNodeCount(one, [...nodes, nodeSpec({ name: 'on' })])).toEqual([]);
  });
});
