import { mkdir } from 'node:fs/promises';
import path from 'node:path';

import { expect, it } from 'vitest';

import { createProcessBackend } from '../../../../src/deploy/process/backend.js';
import type { CommandResult } from '../../../../src/model/command.js';
import type { Connection } from '../../../../src/remote/connection.js';
import { openLocal } from '../../../../src/remote/local/connection.js';
import { createPool } from '../../../../src/remote/pool/pool.js';
import { createRedactor } from '../../../../src/remote/redaction.js';
import { nodeSpec, serviceSpec } from '../../../support/specs.js';
import { makeTempFolder } from '../../../support/temp-folder.js';

const never = new AbortController().signal;

/** A local connection that can be cut: what runs on it goes on, but nobody hears of it. */
function breakable(connection: Connection): Connection & { cut: () => void } {
  const cuts: (() => void)[] = [];
  return {
    ...connection,
    exec: (command, options) =>
      Promise.race([
        connection.exec(command, options),
        new Promise<CommandResult>((resolve) => {
          const nothing = Buffer.alloc(0);
          const lost = { termination: 'connection-lost', reason: 'reset by peer' } as const;
          cuts.push(() => resolve({ ...lost, stdout: nothing, stderr: nothing, durationMs: 1 }));
        }),
      ]),
    cut: () => cuts.splice(0).forEach((cut) => cut()),
  };
}

it('a service whose connection is lost is neither alive nor dead, and can still be stopped', async () => {
  const root = await makeTempFolder();
  const deployment = {
    run: `lost-${process.pid}`,
    controller: 'c0ffee',
    scenario: 's',
    node: nodeSpec(),
    workingFolder: root,
    stateFolder: path.join(root, 'state'),
  };
  await mkdir(deployment.stateFolder);
  const opened = await openLocal(nodeSpec(), { cwd: root });
  if (!opened.ok) throw new Error(opened.failure.message);
  const connection = breakable(opened.value);
  const pool = createPool(() => Promise.resolve({ ok: true, value: connection }));
  const backend = createProcessBackend({ pool, redactor: createRedactor(['hunter2']) });
  const service = serviceSpec('engine', [], {
    process: {
      argv: ['/bin/sh', '-c', 'echo the password is hunter2; exec sleep 60'],
      env: {},
      workingDir: '.',
      stopSignal: 'SIGTERM',
      stopGracePeriodMs: 1_000,
      healthCheck: null,
      ports: [],
    },
  });
  const up = await backend.up(deployment, service, never);
  if (!up.ok) throw new Error(up.failure.message);
  for await (const line of backend.followLog(up.value, never)) {
    expect(line).toBe('the password is ***');
    break;
  }

  connection.cut();
  for await (const event of backend.watch(up.value, never)) {
    expect(event).toEqual({
      type: 'exited',
      exit: {
        exitCode: null,
        signal: null,
        isLost: true,
        description: 'connection lost: reset by peer',
      },
    });
  }
  expect(await backend.leftovers(deployment)).toMatchObject({
    ok: true,
    value: [{ kind: 'process' }],
  });
  expect(await backend.lastLines(up.value, 5)).toEqual(['the password is ***']);
  expect(await backend.down(up.value)).toEqual({ ok: true, value: undefined });
  expect(await backend.leftovers(deployment)).toEqual({ ok: true, value: [] });
  await pool.closeAll();
});
