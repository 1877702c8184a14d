import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { expectExit, projectFolder, scenarioFiles } from '../support/project-folder.js';
import { makeTempFolder } from '../support/temp-folder.js';

/** Listens on a port and answers HTTP, as `node -e` can. */
const SERVER = (port: number, status: number) =>
  `["node", "-e", "setTimeout(() => require('http').createServer((q, r) => { r.statusCode = ${status}; r.end() }).listen(${port}, '127.0.0.1'), 300)"]`;

describe('readiness', () => {
  it.each([
    ['http', '{ type: http, url: "http://{host}:18411/health" }', SERVER(18411, 200)],
    [
      'http with a status',
      '{ type: http, url: "http://{host}:18412/", status: 418 }',
      SERVER(18412, 418),
    ],
    ['tcp', '{ type: tcp, port: 18413 }', SERVER(18413, 200)],
    [
      'log',
      '{ type: log, pattern: "loaded \\\\d+ layers" }',
      '["sh", "-c", "sleep 0.3; echo loaded 32 layers; sleep 300"]',
    ],
    [
      'command',
      '{ type: command, command: "test -e ready" }',
      '["sh", "-c", "sleep 0.3; touch ready; sleep 300"]',
    ],
  ])('waits for %s', async (_, check, command) => {
    const project = await projectFolder(
      scenarioFiles('001_one', {
        metadata: `deployment: { services: [{ name: engine, health_check: ${check.replace(' }', ', interval: 100ms }')} }] }`,
        compose: `services: { engine: { command: ${command} } }`,
      }),
    );
    const run = await project.playbook('run', 'one');
    expect(run.exitCode, run.stderr).toBe(0);
    const ready = (await project.events()).find((event) => event.type === 'service_ready');
    expect(ready).toMatchObject({ service: 'engine', node: 'node1' });
    expect(ready?.type === 'service_ready' ? ready.duration_s : 0).toBeGreaterThan(0.25);
  });

  it('says what was seen last when it times out', async () => {
    const project = await projectFolder(
      scenarioFiles('001_one', {
        metadata: `retry_strategy: { service_level_retries: 0 }
deployment: { services: [{ name: engine, health_check: { type: http, url: "http://{host}:18414/", timeout: 1 } }] }`,
        compose: `services: { engine: { command: ${SERVER(18414, 503)} } }`,
      }),
    );
    expect((await project.playbook('run', 'one')).exitCode).toBe(1);
    const { failure } = await project.result('one');
    expect(failure).toMatchObject({ kind: 'service_not_ready' });
    expect(failure?.message).toContain('HTTP 503');
  });
});

describe('a port that somebody else has', () => {
  it('is found before the service starts, and the stranger is left alone', async () => {
    const stranger = createServer((_request, response) => response.end('stranger'));
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void stranger.close());
    const { port } = stranger.address() as AddressInfo;
    const project = await projectFolder(
      scenarioFiles('001_taken', {
        metadata: `deployment: { services: [{ name: engine, health_check: { type: http, url: "http://{host}:${port}/" } }] }`,
        compose: 'services: { engine: { command: ["sh", "-c", "touch started; sleep 300"] } }',
      }),
    );
    expect((await project.playbook('run', 'taken')).exitCode).toBe(1);
    const { failure } = await project.result('taken');
    expect(failure).toMatchObject({ kind: 'port_taken', service: 'engine' });
    expect(failure?.message).toContain(`127.0.0.1:${port}`);
    expect(stranger.listening).toBe(true);
  });

  it.each([
    ['standard', 'before the run', 0, ', which taken needs,'],
    ['quick', 'before the service starts', 1, ''],
  ])(
    'is found for a process that nobody probes: with strategy %s, %s',
    async (strategy, _, attempts, which) => {
      const stranger = createServer((_request, response) => response.end('stranger'));
      await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
      onTestFinished(() => void stranger.close());
      const { port } = stranger.address() as AddressInfo;
      const project = await projectFolder({
        ...scenarioFiles('001_taken', {
          metadata: `service_health_check: { strategy: ${strategy} }\n`,
          compose: `services: { engine: { command: [touch, '\${OUTSIDE}'], ports: ["${port}:${port}"] } }`,
        }),
      });
      const started = path.join(await makeTempFolder(), 'started');
      const run = await project.start(['run', 'taken'], { OUTSIDE: started }).finished;
      expectExit(run, 1);
      expect(run.stdout + run.stderr).toMatch(
        new RegExp(`port ${port}/tcp${which} is taken by .*\\(process ${process.pid}\\)`),
      );
      expect((await project.suite()).scenarios).toMatchObject([{ name: 'taken', attempts }]);
      expect(existsSync(started)).toBe(false);
      expect(stranger.listening).toBe(true);
    },
  );
});

describe.skipIf(process.getuid?.() !== 0)('results that cannot be brought home', () => {
  /** A project with 200 kB for results, and a scenario that has more. */
  const bigInLittle = async (minFreeDisk: string) => {
    const project = await projectFolder({
      ...scenarioFiles('001_big', {
        metadata: 'test_execution: { result_paths: [out/] }',
        script: 'head -c 300000 /dev/zero > out/big',
      }),
      'config/defaults.yaml': `service_health_check: { min_free_disk: ${minFreeDisk} }`,
    });
    const results = path.join(project.root, 'results');
    await mkdir(results);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=200k', 'tmpfs', results]);
    onTestFinished(() => void execFileSync('umount', [results]));
    return project;
  };

  it('are not made where it is known that there is no room', async () => {
    const project = await bigInLittle('500MB');
    const run = await project.playbook('run', 'big');
    expectExit(run, 3);
    expect(run.stdout).toMatch(
      /only \d+ KiB are free at .* on this machine, where results go; 500 MB are needed/,
    );
    expect(await project.suite()).toMatchObject({
      failure: { kind: 'disk_full' },
      scenarios: [{ status: 'skipped', attempts: 0 }],
    });
  });

  it('stay where they are when the disk here is full', async () => {
    const project = await bigInLittle('100kB');
    const run = await project.playbook('run', 'big');
    expectExit(run, 3);
    expect(run.stderr + run.stdout).toContain('no space left');
    expect(run.stderr).toMatch(/big is kept/);
    const kept = (await project.list('.playbook')).find((file) => file.endsWith('/out/big'));
    expect(kept).toBeDefined();
  });

  it('because the disk here is full by then are told of as they ended, not as a run that was interrupted', async () => {
    const project = await bigInLittle('100kB');
    await project.write({
      'scenarios/001_big/run_test.sh': `#!/bin/sh
head -c 1000 /dev/zero > out/small
cat /dev/zero > ${project.root}/results/theirs || true
`,
    });
    const run = await project.playbook('run', 'big');
    expectExit(run, 3);
    expect(run.stderr + run.stdout).toContain('no space left');
    expect(await project.suite()).toMatchObject({
      ...{ status: 'failed', exit_code: 3 },
      scenarios: [{ name: 'big', status: 'failed', failure: { kind: 'disk_full' } }],
    });
    expect((await project.playbook('cleanup')).stdout).not.toContain('interrupted');
    const listed = await project.playbook('results', '--format', 'json');
    expect(JSON.parse(listed.stdout)).toMatchObject([{ status: 'failed', exit_code: 3 }]);
    const files = await project.list('results');
    expect(files.filter((file) => file.endsWith('.tmp'))).toEqual([]);
  });
});

describe('deployment', () => {
  const order = async (settings: string) => {
    const project = await projectFolder(
      scenarioFiles('001_graph', {
        metadata: `concurrent_deployment: { ${settings} }`,
        compose: `
services:
  slow:
    command: sleep 300
    healthcheck: { test: ["CMD", "sleep", "0.6"], interval: 50ms }
  fast:
    command: sleep 300
    healthcheck: { test: ["CMD", "true"], interval: 50ms }
  after-fast:
    command: sleep 300
    depends_on: { fast: { condition: service_healthy } }
`,
      }),
    );
    expect((await project.playbook('run', 'graph')).exitCode).toBe(0);
    const events = await project.events();
    return events.flatMap((event) => {
      if (event.type === 'service_started') return [`start ${event.service}`];
      return event.type === 'service_ready' ? [`ready ${event.service}`] : [];
    });
  };

  it('starts a service when its own dependencies are ready, by default', async () => {
    const steps = await order('scheduling: eager');
    expect(steps.indexOf('start after-fast')).toBeLessThan(steps.indexOf('ready slow'));
  });

  it('waits for the whole batch when told to', async () => {
    const steps = await order('scheduling: batch');
    expect(steps.indexOf('start after-fast')).toBeGreaterThan(steps.indexOf('ready slow'));
  });

  it('brings up no more services at one time than allowed', async () => {
    const steps = await order('max_concurrent_services: 1');
    let underWay = 0;
    for (const step of steps) {
      underWay += step.startsWith('start') ? 1 : -1;
      expect(underWay).toBeLessThanOrEqual(1);
    }
    expect(steps).toHaveLength(6);
  });

  it('takes everything down and starts it anew when only_failed is off', async () => {
    const project = await projectFolder(
      scenarioFiles('001_all', {
        metadata:
          'retry_strategy: { service_level_retries: 1, retry_delay: 0, retry_only_failed: false }',
        compose: `
services:
  steady: { command: sleep 300 }
  flaky:
    command: ["sh", "-c", "test -e second || { touch second; exit 1; }; exec sleep 300"]
    healthcheck: { test: ["CMD", "sleep", "0.2"], interval: 200ms }
`,
      }),
    );
    const run = await project.playbook('run', 'all');
    expect(run.exitCode, run.stderr).toBe(0);
    const started = (await project.events()).flatMap((event) =>
      event.type === 'service_started' ? [event.service] : [],
    );
    expect(started.sort()).toEqual(['flaky', 'flaky', 'steady', 'steady']);
  });

  it('fails what is not ready when deployment_timeout is over', async () => {
    const project = await projectFolder(
      scenarioFiles('001_late', {
        metadata: 'concurrent_deployment: { deployment_timeout: 1 }',
        compose: `
services:
  never: { command: sleep 300, healthcheck: { test: ["CMD", "false"], interval: 100ms } }
  behind: { command: sleep 300, depends_on: { never: { condition: service_healthy } } }
`,
      }),
    );
    expect((await project.playbook('run', 'late')).exitCode).toBe(1);
    expect((await project.result('late')).failure).toMatchObject({
      kind: 'deployment_timeout',
      service: 'never',
    });
  });

  it('runs an instance on every node, each in a folder of its own', async () => {
    const project = await projectFolder({
      'config/nodes.yaml':
        'nodes:\n  a: { transport: local, runtime: process }\n  b: { transport: local, runtime: process }\n',
      ...scenarioFiles('001_two', {
        metadata: 'deployment: { services: [{ name: worker, nodes: [a, b] }] }',
        compose: `services: { worker: { command: ["sh", "-c", "pwd; exec sleep 300"] } }`,
        script: 'echo "$SCENARIO_NODES $SCENARIO_HOST_A"',
      }),
    });
    expect((await project.playbook('run', 'two')).exitCode).toBe(0);
    const log = (node: string) =>
      project.resultFile(`two/nodes/${node}/services/worker@${node}.log`);
    expect(await log('a')).toContain('/.playbook/nodes/a/');
    expect(await log('b')).toContain('/.playbook/nodes/b/');
    expect(await project.resultFile('two/test_artifacts/test_stdout.log')).toBe('a,b 127.0.0.1\n');
  });

  it('runs the script on a node when told to', async () => {
    const project = await projectFolder(
      scenarioFiles('001_remote', {
        metadata: 'test_execution: { node: node1, result_paths: ["*.txt"] }',
        script: 'pwd > where.txt',
      }),
    );
    const run = await project.playbook('run', 'remote');
    expect(run.exitCode, run.stderr).toBe(0);
    expect(await project.resultFile('remote/test_artifacts/where.txt')).toContain('/nodes/node1/');
  });

  it('empties an absolute result directory once its content is collected', async () => {
    const project = await projectFolder({});
    const out = path.join(project.root, 'out');
    await project.write(
      scenarioFiles('001_abs', {
        metadata: `test_execution: { result_paths: ["${out}/"] }`,
        script: 'echo new > "$SCENARIO_RESULT_PATH/new"',
      }),
    );
    for (let night = 1; night <= 2; night += 1) {
      const run = await project.playbook('run', 'abs');
      expect(run.exitCode, run.stderr).toBe(0);
      expect(await project.resultFile(`abs/test_artifacts${out}/new`)).toBe('new\n');
      expect(await project.list('out')).toEqual([]);
    }
  });

  it('refuses an absolute result path that holds something already, and leaves it alone', async () => {
    const project = await projectFolder({});
    const out = path.join(project.root, 'out');
    await mkdir(out);
    await writeFile(path.join(out, 'precious'), 'of last night');
    await project.write(
      scenarioFiles('001_abs', {
        metadata: `test_execution: { result_paths: ["${out}/"] }`,
        script: 'touch "$SCENARIO_RESULT_PATH/new"',
      }),
    );
    expect((await project.playbook('run', 'abs')).exitCode).toBe(3);
    expect((await project.result('abs')).failure).toMatchObject({ kind: 'result_path_in_use' });
    expect(await project.list('out')).toEqual(['precious']);
  });
});
