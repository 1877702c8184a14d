import { execFileSync } from 'node:child_process';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { type Clock, systemClock } from '../../../../src/async/clock.js';
import { createComposeBackend } from '../../../../src/deploy/compose/backend.js';
import { createProcessBackend } from '../../../../src/deploy/process/backend.js';
import type { NodeSpec } from '../../../../src/model/node.js';
import type { HealthCheckStrategy, ScenarioSpec } from '../../../../src/model/scenario.js';
import type { ContainerSpec } from '../../../../src/model/service.js';
import { openLocal } from '../../../../src/remote/local/connection.js';
import { createPool } from '../../../../src/remote/pool/pool.js';
import { checkNodes } from '../../../../src/run/preflight/check-nodes.js';
import type { NodeCheck } from '../../../../src/run/preflight/findings.js';
import { controllerToken } from '../../../../src/run/controller.js';
import { nodeSpec, scenarioSpec, serviceSpec } from '../../../support/specs.js';
import { sshConnector } from '../../../support/ssh-connections.js';
import { makeStandInDocker } from '../../../support/stand-in-docker.js';
import { makeTempFolder } from '../../../support/temp-folder.js';

interface World {
  readonly root: string;
  readonly check: (
    nodes: readonly NodeSpec[],
    options?: { scenarios?: readonly ScenarioSpec[]; strategy?: HealthCheckStrategy },
  ) => Promise<readonly NodeCheck[]>;
}

async function openWorld(
  environment: Record<string, string> = {},
  clock: Clock = systemClock,
): Promise<World> {
  const root = await makeTempFolder();
  const openSsh = sshConnector();
  const pool = createPool((node) =>
    node.transport === 'local' ? openLocal(node, { cwd: root, environment }) : openSsh(node),
  );
  onTestFinished(() => pool.closeAll());
  return {
    root,
    check: (nodes, { scenarios = [], strategy } = {}) =>
      checkNodes(nodes, {
        pool,
        backends: {
          process: createProcessBackend({ pool }),
          docker: createComposeBackend({ pool }),
        },
        clock,
        run: 'r1',
        root,
        signal: new AbortController().signal,
        scenarios,
        ...(strategy ? { strategy } : {}),
      }),
  };
}

function problems(check: NodeCheck | undefined): (string | undefined)[][] {
  return (check?.problems ?? []).map(({ failure }) => [failure.kind, failure.message]);
}

function containerScenario(container: Partial<ContainerSpec>): ScenarioSpec {
  const spec: ContainerSpec = {
    image: null,
    isBuilt: false,
    platform: null,
    pullPolicy: null,
    ports: [],
    containerName: null,
    stopGracePeriodMs: 10_000,
    gpus: null,
    ...container,
  };
  return scenarioSpec({
    services: [serviceSpec('web', [], { runtime: 'docker', process: null, container: spec })],
  });
}

describe('looking at a node', () => {
  it('tells what it is', async () => {
    const { check, root } = await openWorld();
    const [found] = await check([nodeSpec()]);
    expect(found).toMatchObject({ isReachable: true, strategy: 'standard', problems: [] });
    expect(found?.facts).toMatchObject({ docker: null, gpus: [] });
    expect(found?.facts?.cores).toBeGreaterThan(0);
    expect(found?.facts?.kernel).toMatch(/^\w+ \d/);
    expect(found?.facts?.clock).toMatchObject({ skew_ms: 0 });
    expect(found?.facts?.disks).toMatchObject([
      { use: 'work', path: path.join(root, '.playbook/nodes/node1') },
    ]);
    // Nothing was made on the way.
    expect(await readdir(root)).toEqual([]);
  });

  it('warns of a clock that is off, without being asked to be thorough', async () => {
    const clock = { ...systemClock, now: () => systemClock.now() - 90_000 };
    const { check } = await openWorld({}, clock);
    const [found] = await check([nodeSpec()]);
    expect(found).toMatchObject({ strategy: 'standard', problems: [] });
    expect(found?.warnings).toEqual([expect.stringContaining('its clock is 1 min 30 s ahead of')]);
  });

  it('looks at the login and the runtime only where that is enough', async () => {
    const { check } = await openWorld();
    const [found] = await check([nodeSpec()], { strategy: 'quick' });
    expect(found?.facts).toMatchObject({ disks: [], gpus: null, clock: null });
  });

  it('lists the problems of every node, one that refuses among them', async () => {
    const { check } = await openWorld();
    const unreachable = nodeSpec({ name: 'gone', transport: 'ssh', port: 1 });
    const closed = nodeSpec({ name: 'closed', dockerComposePath: '/dev/null/none' });
    const found = await check([unreachable, closed, nodeSpec()]);
    expect(problems(found[0])).toEqual([['unreachable', '127.0.0.1:1 refused the connection']]);
    expect(found[0]).toMatchObject({ isReachable: false, facts: null });
    expect(found[1]).toMatchObject({ isReachable: true });
    expect(problems(found[1])).toContainEqual([
      'transfer',
      'no permission to write to /dev/null/none, where working folders go',
    ]);
    expect(problems(found[2])).toEqual([]);
  });

  it('wants room for what the user sets and for the files of the scenario', async () => {
    const { check, root } = await openWorld();
    await writeFile(path.join(root, 'file'), 'x'.repeat(4096));
    const health = scenarioSpec().serviceHealthCheck;
    const wanting = (minFreeDiskBytes: number) =>
      scenarioSpec({
        path: root,
        services: [serviceSpec('web')],
        serviceHealthCheck: { ...health, minFreeDiskBytes },
      });
    const [enough] = await check([nodeSpec()], { scenarios: [wanting(0)] });
    expect(problems(enough)).toEqual([]);
    const [full] = await check([nodeSpec()], { scenarios: [wanting(2 ** 60)] });
    expect(full?.problems[0]?.failure.kind).toBe('disk_full');
  });

  it('names who has a port that a scenario publishes', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const docker = await makeStandInDocker(await makeTempFolder());
    const { check } = await openWorld({ PATH: docker.path });
    const scenarios = [containerScenario({ ports: [{ address: null, port, protocol: 'tcp' }] })];
    const [found] = await check([nodeSpec({ runtime: 'docker' })], { scenarios });
    expect(found?.problems).toMatchObject([
      { scenarios: ['test'], failure: { kind: 'port_taken', service: 'web' } },
    ]);
    expect(found?.problems[0]?.failure.message).toContain(`port ${port}/tcp`);
  });

  it('names who has a port on which a process will listen', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const { check } = await openWorld();
    const { process: spec } = serviceSpec('web');
    if (spec === null) throw new Error('no process');
    const ports = [{ address: null, port, protocol: 'tcp' }] as const;
    const services = [serviceSpec('web', [], { process: { ...spec, ports } })];
    const [found] = await check([nodeSpec()], { scenarios: [scenarioSpec({ services })] });
    expect(found?.problems).toMatchObject([
      {
        scenarios: ['test'],
        failure: {
          kind: 'port_taken',
          service: 'web',
          message: expect.stringContaining(
            `port ${port}/tcp, which test needs, is taken by`,
          ) as string,
        },
      },
    ]);
  });
});

describe('a thorough look', () => {
  it('runs a program where working folders go, and leaves nothing', async () => {
    const { check, root } = await openWorld();
    const [found] = await check([nodeSpec()], { strategy: 'thorough' });
    expect(problems(found)).toEqual([]);
    expect(await readdir(root)).toEqual([]);
  });

  it.skipIf(process.getuid?.() !== 0)('finds out that no program can be run there', async () => {
    const { check, root } = await openWorld();
    const mounted = path.join(root, 'mounted');
    await mkdir(mounted);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'noexec,size=1m', 'tmpfs', mounted]);
    onTestFinished(() => void execFileSync('umount', [mounted]));
    const node = nodeSpec({ dockerComposePath: path.join(mounted, 'deep/work') });
    const [found] = await check([node], { strategy: 'thorough' });
    expect(problems(found)).toContainEqual([
      'runtime_missing',
      expect.stringMatching(/^no program can be run in .*Permission denied/) as string,
    ]);
    expect(await readdir(mounted)).toEqual([]);
  });

  it('runs a program in the run’s own folder, and takes along what one that was cut off has left', async () => {
    const { check, root } = await openWorld();
    const work = path.join(root, 'work');
    const node = nodeSpec({ dockerComposePath: work });
    const left = path.join(work, `playbook-r1-${controllerToken(root)}`, '.trial.99999999');
    await mkdir(left, { recursive: true });
    const [found] = await check([node], { strategy: 'thorough' });
    expect(problems(found)).toEqual([]);
    expect(existsSync(left)).toBe(false);
  });

  it('makes a container and removes it', async () => {
    const folder = await makeTempFolder();
    const docker = await makeStandInDocker(folder);
    const { check, root } = await openWorld({ PATH: docker.path });
    const [fine] = await check([nodeSpec({ runtime: 'docker' })], { strategy: 'thorough' });
    expect(problems(fine)).toEqual([]);
    expect(existsSync(path.join(folder, 'state/containers'))).toBe(false);
    // By these a sweep of the run finds it, if nobody comes to removing it.
    expect(await readFile(path.join(folder, 'state/created'), 'utf8')).toContain(
      `--label playbook.run=r1 --label playbook.controller=${controllerToken(root)} `,
    );
    await writeFile(path.join(folder, 'state/broken'), '');
    const [broken] = await check([nodeSpec({ runtime: 'docker' })], { strategy: 'thorough' });
    expect(problems(broken)).toEqual([
      [
        'runtime_missing',
        'no container can be made: Error response from daemon: no space left on device',
      ],
    ]);
  });
});

describe('docker on a node', () => {
  it('is told with its versions, and with its own disk', async () => {
    const folder = await makeTempFolder();
    const docker = await makeStandInDocker(folder);
    const { check } = await openWorld({ PATH: docker.path });
    const [found] = await check([nodeSpec({ runtime: 'docker' })]);
    expect(problems(found)).toEqual([]);
    expect(found?.facts).toMatchObject({ docker: '27.3.1', compose: '2.29.7' });
    expect(found?.facts?.disks.map(({ use, path: where }) => [use, where])).toContainEqual([
      'docker',
      folder,
    ]);
  });

  it.each([
    ['stopped', /the docker daemon does not answer: Cannot connect/],
    ['forbidden', /may not use docker: permission denied/],
    ['missing', /docker is not installed/],
  ])('that is %s is one problem, and nothing is said of its images', async (how, words) => {
    const folder = await makeTempFolder();
    const docker = await makeStandInDocker(folder);
    if (how === 'stopped') await docker.stop();
    if (how === 'forbidden') await docker.forbid();
    // Without docker, but with everything else that the node needs.
    const tools = how === 'missing' ? { PATH: '/nowhere' } : { PATH: docker.path };
    const { check } = await openWorld(tools);
    const scenarios = [containerScenario({ image: 'absent:1' })];
    const [found] = await check([nodeSpec({ runtime: 'docker' })], { scenarios });
    expect(found).toMatchObject({ isReachable: true, images: [] });
    expect(
      found?.problems.filter(({ failure }) => failure.kind === 'runtime_missing'),
    ).toHaveLength(1);
    expect(found?.problems[0]?.failure.message).toMatch(words);
    expect(found?.problems[0]?.failure.hint).not.toBeNull();
  });

  it.each([
    ['present:1', 'present', 0],
    ['pullable:1', 'will_be_pulled', 0],
    ['absent:1', 'missing', 1],
  ])('has image %s: %s', async (image, status, count) => {
    const docker = await makeStandInDocker(await makeTempFolder());
    const { check } = await openWorld({ PATH: docker.path });
    const scenarios = [containerScenario({ image })];
    const [found] = await check([nodeSpec({ runtime: 'docker' })], { scenarios });
    expect(found?.images).toEqual([{ image, status }]);
    expect(problems(found)).toHaveLength(count);
  });
});
