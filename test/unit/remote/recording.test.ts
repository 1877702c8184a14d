import { expect, it } from 'vitest';

import type { CommandResult } from '../../../src/model/command.js';
import { openLocal } from '../../../src/remote/local/connection.js';
import { recordConnection } from '../../../src/remote/recording.js';
import { nodeSpec } from '../../support/specs.js';

it('a recording connection remembers what it was asked to do, in order, and what came of it', async () => {
  const opened = await openLocal(nodeSpec(), { cwd: '/' });
  if (!opened.ok) throw new Error(opened.failure.message);
  const connection = recordConnection(opened.value);
  const command = {
    argv: ['sh', '-c', 'sleep 0.05; exit $CODE'],
    env: { CODE: '3' },
    cwd: '/tmp',
  } as const;
  const slow = connection.exec(command);
  expect(connection.calls).toEqual([{ type: 'exec', command, result: null }]);
  const copied = await connection.upload('/no/such/file', '/tmp/never');
  const ran: CommandResult = await slow;
  expect(ran).toMatchObject({ termination: 'exited', exitCode: 3 });
  expect(connection.calls).toEqual([
    { type: 'exec', command, result: ran },
    { type: 'upload', from: '/no/such/file', to: '/tmp/never', result: copied },
  ]);
  await connection.close();
});
