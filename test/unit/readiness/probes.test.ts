import { once } from 'node:events';
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, type Server, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { systemClock } from '../../../src/async/clock.js';
import { createReplay } from '../../../src/async/replay.js';
import type { Readiness } from '../../../src/model/service.js';
import type { HealthEvent } from '../../../src/readiness/container.js';
import { type ProbeSources, createProbe } from '../../../src/readiness/create-probe.js';
import { openLocal } from '../../../src/remote/local/connection.js';
import { type ProbeUnderTest, describeProbe } from '../../contract/probe.js';
import { nodeSpec } from '../../support/specs.js';

const TIMING = { timeoutMs: 60_000, intervalMs: 5, consecutivePasses: 1 };

function probeOf(readiness: Readiness, sources: Partial<ProbeSources> = {}) {
  const notWanted = (): never => {
    throw new Error('not wanted here');
  };
  return createProbe(readiness, {
    clock: systemClock,
    limit: (work) => work(),
    run: notWanted,
    followLog: notWanted,
    watchHealth: notWanted,
    ...sources,
  });
}

async function listen(server: Server, port = 0): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function close(server: Server): Promise<void> {
  await new Promise((resolve) => server.close(resolve));
}

describeProbe('http', async (): Promise<ProbeUnderTest> => {
  let isReady = false;
  const server = createHttpServer((_request, response) => {
    response.writeHead(isReady ? 200 : 503).end('a body');
  });
  const port = await listen(server);
  const url = `http://127.0.0.1:${port}/health`;
  return {
    probe: probeOf({ type: 'http', url, expectStatus: null, ...TIMING }),
    makeReady() {
      isReady = true;
      return Promise.resolve();
    },
    close: () => close(server),
  };
});

describeProbe('tcp', async (): Promise<ProbeUnderTest> => {
  const server = createTcpServer((socket) => socket.destroy());
  // A port that was free a moment ago.
  const port = await listen(server);
  await close(server);
  return {
    probe: probeOf({ type: 'tcp', host: '127.0.0.1', port, ...TIMING }),
    async makeReady() {
      await listen(server, port);
    },
    close: () => (server.listening ? close(server) : Promise.resolve()),
  };
});

describeProbe('command', async (): Promise<ProbeUnderTest> => {
  const folder = await mkdtemp(path.join(tmpdir(), 'playbook-test-'));
  const opened = await openLocal(nodeSpec(), { cwd: folder });
  if (!opened.ok) throw new Error(opened.failure.message);
  const connection = opened.value;
  const argv = ['test', '-e', 'ready'];
  // The pipes of a connection are made with its first command.
  await connection.exec({ argv: ['true'] });
  await access(folder);
  return {
    probe: probeOf(
      { type: 'command', argv, ...TIMING },
      { run: (command, signal) => connection.exec({ argv: command }, { signal, graceMs: 100 }) },
    ),
    makeReady: () => writeFile(path.join(folder, 'ready'), ''),
    async close() {
      await connection.close();
      await rm(folder, { recursive: true });
    },
  };
});

describeProbe('log', (): Promise<ProbeUnderTest> => {
  const lines = createReplay<string>();
  lines.push('loading the model');
  return Promise.resolve({
    probe: probeOf(
      { type: 'log', pattern: '^ready on port \\d+$', ...TIMING },
      { followLog: (signal) => lines.read(signal) },
    ),
    makeReady() {
      lines.push('ready on port 8000');
      return Promise.resolve();
    },
    close() {
      lines.end();
      return Promise.resolve();
    },
  });
});

describeProbe('container', (): Promise<ProbeUnderTest> => {
  const events = createReplay<HealthEvent>();
  events.push({ type: 'unhealthy', message: 'exited with status 1' });
  return Promise.resolve({
    probe: probeOf(
      { type: 'container', ...TIMING },
      { watchHealth: (signal) => events.read(signal) },
    ),
    makeReady() {
      events.push({ type: 'healthy' });
      return Promise.resolve();
    },
    close() {
      events.end();
      return Promise.resolve();
    },
  });
});
