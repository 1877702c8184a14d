import { createServer } from 'node:net';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import type { StampedEvent } from '../../src/model/event.js';
import { expectExit, isAlive, projectFolder, scenarioFiles } from '../support/project-folder.js';
import { startSshServer } from '../support/ssh-server/start.js';
import { standInGpus } from '../support/stand-in-gpus.js';
import { makeTempFolder } from '../support/temp-folder.js';

const NODES = `nodes:
  node1: { transport: local, runtime: process }
  node2: { transport: local, runtime: process }
`;

/** A port that nobody has at this moment. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise<void>((resolve) => void server.close(() => resolve()));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** `listen PORT FILE`: listens, and writes its process id to FILE once it does. */
const LISTENER = `#!/usr/bin/env node
const [, , port, file] = process.argv;
require('node:net').createServer().listen(Number(port), '127.0.0.1', () => {
  require('node:fs').writeFileSync(file + '.new', String(process.pid));
  require('node:fs').renameSync(file + '.new', file);
});
`;

async function pidIn(file: string): Promise<number> {
  const pid = Number(await readFile(file, 'utf8'));
  onTestFinished(() => {
    if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  });
  return pid;
}

function isListening(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.on('error', () => resolve(true));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(false)));
  });
}

function warningsOf(events: readonly StampedEvent[]): readonly string[] {
  return events.flatMap((event) =>
    event.type === 'warning' ? [`${event.node ?? ''}: ${event.message}`] : [],
  );
}

describe('what a scenario leaves behind', () => {
  it('is found and removed by force, however it tried to get away, and the result stays what it was', async () => {
    const outside = await makeTempFolder();
    const port = await freePort();
    const project = await projectFolder({
      'config/nodes.yaml': 'nodes:\n  node1: { transport: local, runtime: process }\n',
      ...scenarioFiles('001_runaway', {
        metadata: 'test_execution: { node: node1, result_paths: ["out/"] }\n',
        // It ignores the stop signal, and what it has forked away is in no group and no tree of its own.
        compose: `services:
  stubborn:
    command:
      - sh
      - -c
      - |
        trap '' TERM
        env -u PLAYBOOK_EXEC setsid sh -c 'echo $$$$ >${outside}/fork; while :; do sleep 1; done' &
        while :; do sleep 1; done
    stop_grace_period: 100ms
`,
        script: `env -u PLAYBOOK_EXEC setsid ./listen ${port} ${outside}/daemon >/dev/null 2>&1 &
until [ -s ${outside}/daemon ] && [ -s ${outside}/fork ]; do sleep 0.05; done
echo half >../.something.part
echo 17 >out/figure`,
        more: { listen: LISTENER },
      }),
    });
    const finished = await project.playbook('run', '--all');
    const pids = await Promise.all(
      ['daemon', 'fork'].map((name) => pidIn(path.join(outside, name))),
    );
    expectExit(finished, 0);
    expect(pids.map(isAlive)).toEqual([false, false]);
    expect(await isListening(port)).toBe(false);
    expect(await project.list('.playbook/nodes')).toEqual([]);
    expect(await project.result('runaway')).toMatchObject({
      status: 'completed',
      failure: null,
      further_failures: [],
    });
    const told = warningsOf(await project.events()).join('\n');
    expect(told).toMatch(/^node1: was still there and is removed by force: /m);
    expect(told).toContain(`process ${pids[0]} `);
  });

  it.each(['local', 'ssh'])(
    'is found by the folder it lives in where it has no mark, no parent and no group, over %s',
    async (transport) => {
      const outside = await makeTempFolder();
      const server = await startSshServer();
      onTestFinished(() => server.stop());
      const node =
        transport === 'local'
          ? { transport }
          : {
              ...{ transport, host: '127.0.0.1', port: server.port, username: 'root' },
              ...{ password: 'secret', known_hosts: server.knownHostsFile, use_ssh_config: false },
              docker_compose_path: path.join(outside, 'work'),
              // It is this very machine, which other tests use, too.
              lock_path: path.join(outside, 'lease'),
            };
      const script = `
( ( env -i setsid nohup sh -c 'echo $$ >${outside}/bare; while :; do sleep 1; done' >/dev/null 2>&1 & ) & )
( ( setsid perl -e '$0 = "engine: worker" . " " x 4096; open F, ">${outside}/renamed"; print F $$; close F; sleep 600' & ) & )
until [ -s ${outside}/bare ] && [ -s ${outside}/renamed ]; do sleep 0.05; done
`;
      const project = await projectFolder({
        'config/nodes.yaml': JSON.stringify({ nodes: { node1: { ...node, runtime: 'process' } } }),
        ...scenarioFiles('001_ends', { metadata: 'test_execution: { node: node1 }\n', script }),
        ...scenarioFiles('002_hangs', {
          metadata: 'test_execution: { node: node1, timeout: 1 }\n',
          script: `rm ${outside}/bare ${outside}/renamed\n${script}exec sleep 600`,
        }),
      });
      for (const [scenario, code] of [
        ['ends', 0],
        ['hangs', 1],
      ] as const) {
        const finished = await project.playbook('run', scenario);
        const pids = await Promise.all(
          ['bare', 'renamed'].map((name) => pidIn(path.join(outside, name))),
        );
        expectExit(finished, code);
        expect(pids.map(isAlive)).toEqual([false, false]);
        const told = warningsOf(await project.events()).join('\n');
        expect(told).toMatch(/^node1: was still there and is removed by force: /m);
        for (const pid of pids) expect(told).toContain(`process ${pid} `);
      }
      expect(await project.list('.playbook')).toEqual([]);
    },
  );

  it('is found by the port that its compose file gives it, though nobody has probed that', async () => {
    const outside = await makeTempFolder();
    const port = await freePort();
    const project = await projectFolder({
      'config/nodes.yaml': 'nodes:\n  node1: { transport: local, runtime: process }\n',
      ...scenarioFiles('001_dirty', {
        metadata: 'deployment: { node: node1 }\n',
        compose: `services:
  engine:
    ports: ['${port}:${port}']
    command:
      - sh
      - -c
      - |
        listen=$$PWD/listen
        cd /
        env -i PATH=$$PATH setsid $$listen ${port} ${outside}/pid >/dev/null 2>&1 &
        while :; do sleep 1; done
`,
        script: `until [ -s ${outside}/pid ]; do sleep 0.05; done`,
        more: { listen: LISTENER },
      }),
    });
    const finished = await project.playbook('run', 'dirty');
    const pid = await pidIn(path.join(outside, 'pid'));
    expectExit(finished, 4);
    expect((await project.result('dirty')).failure).toMatchObject({
      kind: 'left_behind',
      message: expect.stringContaining(
        `port ${port}/tcp of engine, by node (process ${pid})`,
      ) as string,
    });
  });

  it('and cannot be removed ends the suite, or sets the node aside until it is clean', async () => {
    const outside = await makeTempFolder();
    const port = await freePort();
    const dirty = `deployment: { services: [{ name: engine, node: node1, health_check: { type: tcp, host: 127.0.0.1, port: ${port} } }] }\n`;
    // Without its environment, and at home elsewhere, it bears no mark any more: nobody can prove whose it is.
    const compose = `services:
  engine:
    command:
      - sh
      - -c
      - |
        listen=$$PWD/listen
        cd /
        env -i PATH=$$PATH setsid $$listen ${port} ${outside}/pid >/dev/null 2>&1 &
        while :; do sleep 1; done
    stop_grace_period: 100ms
`;
    const on = (node: string) => `test_execution: { node: ${node} }\n`;
    const project = await projectFolder({
      'config/nodes.yaml': NODES,
      ...scenarioFiles('001_dirty', { metadata: dirty, compose, more: { listen: LISTENER } }),
      ...scenarioFiles('002_needs-it', { metadata: on('node1') }),
      ...scenarioFiles('003_elsewhere', {
        metadata: on('node2'),
        script: `kill "$(cat ${outside}/pid)"; while kill -0 "$(cat ${outside}/pid)" 2>/dev/null; do sleep 0.05; done`,
      }),
      ...scenarioFiles('004_later', { metadata: on('node1') }),
    });

    const stopped = await project.playbook('run', '--all');
    const first = await pidIn(path.join(outside, 'pid'));
    expectExit(stopped, 4);
    const { scenarios } = await project.suite();
    const reason = 'node1 is not clean after dirty, and isolation.on_dirty is stop';
    expect(scenarios).toMatchObject([
      { name: 'dirty', status: 'failed', failure: { kind: 'left_behind', node: 'node1' } },
      { name: 'needs-it', status: 'skipped', reason },
      { name: 'elsewhere', status: 'skipped', reason },
      { name: 'later', status: 'skipped', reason },
    ]);
    const what = `port ${port}/tcp of engine, by node (process ${first})`;
    expect(scenarios[0]?.failure?.message).toContain(what);
    expect(isAlive(first)).toBe(true);
    // Its lease says what is left there, to its watchdog and to whoever takes the node over.
    expect(await readdir(path.join(project.root, '.playbook/leases'))).toEqual(['node1']);
    expect(warningsOf(await project.events())).toContain(
      'node1: is not given back before it is clean: its watchdog tries 15 min after the last sign of life',
    );
    // It cannot tell whose that is either, and does not say that nothing is left.
    const uncleaned = await project.playbook('cleanup');
    expectExit(uncleaned, 4);
    expect(uncleaned.stdout).toContain(what);
    expect(isAlive(first)).toBe(true);
    process.kill(first, 'SIGKILL');
    await expect.poll(() => isListening(port)).toBe(false);
    expectExit(await project.playbook('cleanup'), 0);
    expect(await project.list('.playbook')).toEqual([]);

    await project.write({ 'config/defaults.yaml': 'isolation: { on_dirty: continue }\n' });
    const continued = await project.playbook('run', '--all');
    await pidIn(path.join(outside, 'pid'));
    expectExit(continued, 4);
    expect((await project.suite()).scenarios).toMatchObject([
      { name: 'dirty', status: 'failed', failure: { kind: 'left_behind', node: 'node1' } },
      {
        name: 'needs-it',
        status: 'failed',
        attempts: 0,
        failure: {
          kind: 'left_behind',
          node: 'node1',
          message: expect.stringMatching(/^not clean since dirty: still there/) as string,
        },
      },
      { name: 'elsewhere', status: 'completed' },
      { name: 'later', status: 'completed' },
    ]);
    const told = warningsOf(await project.events());
    expect(told).toContain(
      'node1: set aside: scenarios that need it fail, unless it is clean by then',
    );
    expect(told).toContain('node1: is clean again: taken back');
    expect(await project.list('.playbook')).toEqual([]);
  });
});

describe('others on the GPUs of a node', () => {
  it('are told before a scenario and written down beside its numbers, or keep it from running', async () => {
    const gpus = await standInGpus(await makeTempFolder());
    await gpus.occupy(process.pid);
    const project = await projectFolder({
      ...scenarioFiles('001_shared', { metadata: 'test_execution: { node: node1 }\n' }),
      ...scenarioFiles('002_alone', {
        metadata: 'test_execution: { node: node1 }\nisolation: { on_foreign: fail }\n',
      }),
    });
    const finished = await project.start(['run', '--all'], { PATH: gpus.path }).finished;
    expectExit(finished, 3);
    const what = `GPU 1 is used by python3 (process ${process.pid}`;
    expect((await project.suite()).scenarios).toMatchObject([
      { name: 'shared', status: 'completed' },
      {
        name: 'alone',
        status: 'failed',
        attempts: 0,
        failure: { kind: 'node_in_use', message: expect.stringContaining(what) as string },
      },
    ]);
    expect(finished.stderr).toContain(`warning node1: ${what}`);
    const metadata = JSON.parse(await project.resultFile('shared/test_metadata.json')) as object;
    expect(metadata).toMatchObject({
      provenance: {
        foreign: {
          node1: {
            gpu_processes: [{ gpu: 1, pid: process.pid, program: 'python3', run: null }],
            gpu_memory: [],
            load: null,
          },
        },
      },
      configuration: { isolation: { on_foreign: 'report' } },
    });
    expect(await project.resultFile('shared/test_report.md')).toContain(
      '## What others did on the nodes',
    );
  });
});
