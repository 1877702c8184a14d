import { spawn } from 'node:child_process';
import { createServer, type Server } from 'node:net';

import { describe, expect, it, onTestFinished } from 'vitest';

import { systemClock } from '../../../../src/async/clock.js';
import { createFailure } from '../../../../src/model/failure.js';
import { openLocal } from '../../../../src/remote/local/connection.js';
import { type ConnectionPool, createPool } from '../../../../src/remote/pool/pool.js';
import { lookAtNode } from '../../../../src/run/isolation/foreign/look.js';
import { findPortHolders } from '../../../../src/run/isolation/ports/bound-ports.js';
import { nodeSpec } from '../../../support/specs.js';
import { standInGpus } from '../../../support/stand-in-gpus.js';
import { makeTempFolder } from '../../../support/temp-folder.js';

const IDENTITY = { run: '20260601_190409', controller: '1a2b3c' };
const node = nodeSpec();

function poolWith(PATH: string): ConnectionPool {
  const environment = { PATH };
  const pool = createPool((to) => openLocal(to, { cwd: '/', environment, clock: systemClock }));
  onTestFinished(() => pool.closeAll());
  return pool;
}

async function listen(): Promise<{ readonly port: number; readonly server: Server }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, server };
}

const look = (pool: ConnectionPool, ports: readonly number[] = []) =>
  lookAtNode(node, {
    pool,
    clock: systemClock,
    identity: IDENTITY,
    ports: ports.map((port) => ({ service: 'engine', protocol: 'tcp', port })),
    loadPerCore: 1e6,
    signal: new AbortController().signal,
  });

const whoHas = (pool: ConnectionPool, port: number) =>
  pool.use(node, (connection) =>
    findPortHolders(connection, [{ protocol: 'tcp', port }], { otherwise: 'left_behind' }),
  );

describe('a look at a node right before a scenario', () => {
  it('tells a stranger on a GPU from what this run has started, by the marks of the process', async () => {
    const start = (env: Record<string, string>) => {
      const child = spawn('sleep', ['60'], { env: { ...process.env, ...env } });
      onTestFinished(() => void child.kill('SIGKILL'));
      return child.pid ?? 0;
    };
    const stranger = start({});
    const ours = start({ PLAYBOOK_RUN: IDENTITY.run, PLAYBOOK_CONTROLLER: IDENTITY.controller });
    const gpus = await standInGpus(await makeTempFolder());
    await gpus.occupy(stranger, ours);
    const found = await look(poolWith(gpus.path));
    expect(found?.foreign).toMatchObject({
      gpu_processes: [{ pid: stranger, gpu: 1, program: 'python3', container: null, run: null }],
      gpu_memory: [],
      load: null,
    });
    expect(found?.foreign.gpu_processes[0]?.user).toMatch(/^\w+$/);
  });

  it('finds nothing on a machine without GPUs that others leave alone', async () => {
    expect(await look(poolWith('/usr/bin:/bin'))).toMatchObject({
      foreign: { gpu_processes: [], gpu_memory: [], load: null },
      boundPorts: new Set(),
    });
  });

  it('remembers which ports of the scenario somebody has already', async () => {
    const taken = await listen();
    const free = await listen();
    await new Promise<void>((resolve) => void free.server.close(() => resolve()));
    const found = await look(poolWith('/usr/bin:/bin'), [taken.port, free.port]);
    const word = `tcp:${taken.port.toString(16).toUpperCase().padStart(4, '0')}`;
    expect([...(found?.boundPorts ?? [])]).toEqual([word]);
  });

  it('says nothing of a node that cannot be asked', async () => {
    const failure = createFailure('unreachable', 'refused', { node: node.name });
    const pool = createPool(() => Promise.resolve({ ok: false, failure }));
    expect(await look(pool)).toBeNull();
  });
});

describe('who has a port', () => {
  it('is told with its process where the login may know', async () => {
    const { port } = await listen();
    const asked = await whoHas(poolWith(process.env['PATH'] ?? ''), port);
    expect(asked).toMatchObject({ ok: true, value: { ok: true, value: [{ port }] } });
    if (!asked.ok || !asked.value.ok) return;
    expect(asked.value.value).toHaveLength(1);
    expect(asked.value.value[0]?.description).toContain(`process ${process.pid}`);
  });

  it('is nobody where nobody listens', async () => {
    const asked = await whoHas(poolWith('/usr/bin:/bin'), 1);
    expect(asked).toEqual({ ok: true, value: { ok: true, value: [] } });
  });
});
