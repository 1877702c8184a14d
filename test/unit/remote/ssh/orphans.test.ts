import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

import { expect, it, onTestFinished } from 'vitest';

import { systemClock } from '../../../../src/async/clock.js';
import { connectOverSsh } from '../../../../src/remote/ssh/connection.js';
import { createOrphanage } from '../../../../src/remote/ssh/orphans.js';
import { startSshServer } from '../../../support/ssh-server/start.js';
import { createLogins, valueOf } from './login/login-context.js';

const BOOT = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();

/** A group of one process, as a node tells it. */
function startGroup() {
  const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
  onTestFinished(() => void child.kill());
  const id = child.pid ?? 0;
  const start = Number(readFileSync(`/proc/${id}/stat`, 'latin1').split(' ')[21]);
  return { child, id, start };
}

it('ends the group of an orphan, and spares a stranger who was given its number since', async () => {
  const server = await startSshServer();
  onTestFinished(() => server.stop());
  const connection = connectOverSsh(valueOf(await createLogins().logIn(server.nodeSpec())), {
    node: 'node',
    clock: systemClock,
    random: Math.random,
    dial: () => null,
    onOrphan: () => Promise.resolve(),
  });
  const [own, stranger] = [startGroup(), startGroup()];
  const orphanage = createOrphanage(systemClock);
  const add = (group: { id: number; birth: string }) =>
    orphanage.add('node', { mark: randomUUID(), group, stopSignal: 'SIGTERM', graceMs: 100 });
  add({ id: own.id, birth: `${own.start} ${BOOT}` });
  add({ id: stranger.id, birth: `${stranger.start - 100} ${BOOT}` });
  add({ id: stranger.id, birth: `${stranger.start} ${randomUUID()}` });
  const ended = once(own.child, 'exit');
  await connection.lookAfter((shells) => orphanage.end('node', shells));
  expect(await ended).toEqual([null, 'SIGTERM']);
  expect(orphanage.has('node')).toBe(false);
  expect(stranger.child.signalCode).toBeNull();
  await connection.close();
});
