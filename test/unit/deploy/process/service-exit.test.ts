import { mkdir } from 'node:fs/promises';
import path from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import { createProcessBackend } from '../../../../src/deploy/process/backend.js';
import type { ServiceEvent } from '../../../../src/deploy/backend.js';
import { createPool } from '../../../../src/remote/pool/pool.js';
import { sshConnector } from '../../../support/ssh-connections.js';
import { nodeSpec, serviceSpec } from '../../../support/specs.js';
import { startSshServer } from '../../../support/ssh-server/start.js';
import { makeTempFolder } from '../../../support/temp-folder.js';

it('tells of a service on a node what it ended with, although its folder went with it', async () => {
  const server = await startSshServer();
  onTestFinished(() => server.stop());
  const root = await makeTempFolder();
  const deployment = {
    run: `exit-${process.pid}`,
    controller: 'c0ffee',
    scenario: 's',
    node: nodeSpec(server.nodeSpec()),
    workingFolder: path.join(root, 'work'),
    stateFolder: path.join(root, 'state'),
  };
  await mkdir(deployment.workingFolder);
  await mkdir(deployment.stateFolder);
  const pool = createPool(sshConnector());
  const backend = createProcessBackend({ pool });
  const service = serviceSpec('engine', [], {
    process: {
      argv: ['/bin/sh', '-c', 'echo bye; rmdir "$PWD"; exit 127'],
      env: {},
      workingDir: '.',
      stopSignal: 'SIGTERM',
      stopGracePeriodMs: 1_000,
      healthCheck: null,
      ports: [],
    },
  });
  const never = new AbortController().signal;
  const up = await backend.up(deployment, service, never);
  if (!up.ok) throw new Error(up.failure.message);
  const events: ServiceEvent[] = [];
  for await (const event of backend.watch(up.value, never)) events.push(event);
  expect(events).toMatchObject([{ type: 'exited', exit: { exitCode: 127 } }]);
  // The log ends with the service, and with what looks after it.
  const lines: string[] = [];
  for await (const line of backend.followLog(up.value, never)) lines.push(line);
  expect(lines).toEqual(['bye']);
  expect(await backend.down(up.value)).toEqual({ ok: true, value: undefined });
  await pool.closeAll();
});
