/**
 * Ten commands on a warm connection over a line of 50 ms round trip, in round trips. `npm run bench:latency`.
 *
 * Needs root and openssh-server; python3-asyncssh for the peer.
 */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import type { NodeSpec } from '../../src/model/node.js';
import { openOverSsh } from '../support/ssh-connections.js';
import { SSHD_MISSING } from '../support/sshd/requirements.js';
import { startSshd } from '../support/sshd/start.js';
import { addSystemUser } from '../support/sshd/user.js';
import { startDelayingProxy } from './latency/delaying-proxy.js';

const ROUND_TRIP_MS = 50;
const COUNT = 10;

if (SSHD_MISSING !== null) throw new Error(SSHD_MISSING);

/** Seconds of each command, the first of which warms the connection up and does not count. */
async function withPlaybook(node: NodeSpec): Promise<readonly number[]> {
  const connection = await openOverSsh(node);
  await connection.exec({ argv: ['true'] });
  const times: number[] = [];
  for (let index = 0; index < COUNT; index += 1) {
    const begin = performance.now();
    const ran = await connection.exec({ argv: ['true'] });
    if (ran.termination !== 'exited' || ran.exitCode !== 0) throw new Error(ran.termination);
    times.push((performance.now() - begin) / 1000);
  }
  await connection.close();
  return times;
}

/** What one round trip through such a proxy takes with nothing at its end but an echo: timers are late, too. */
async function measureRoundTripMs(): Promise<number> {
  const echo = createServer((socket) => socket.setNoDelay(true).pipe(socket));
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
  const proxy = await startDelayingProxy((echo.address() as AddressInfo).port, ROUND_TRIP_MS / 2);
  const socket = connect({ port: proxy.port, host: '127.0.0.1' }).setNoDelay(true);
  const exchange = async () => {
    const begin = performance.now();
    socket.write('x');
    await once(socket, 'data');
    return performance.now() - begin;
  };
  await exchange();
  let sum = 0;
  for (let index = 0; index < COUNT; index += 1) sum += await exchange();
  socket.destroy();
  await proxy.close();
  echo.close();
  return sum / COUNT;
}

function tell(name: string, seconds: readonly number[], roundTripMs: number): number {
  const mean = (1000 * seconds.reduce((sum, value) => sum + value, 0)) / seconds.length;
  const worst = 1000 * Math.max(...seconds);
  const trips = mean / roundTripMs;
  console.log(
    `${name.padEnd(10)} mean ${mean.toFixed(1)} ms = ${trips.toFixed(2)} round trips, worst ${(worst / roundTripMs).toFixed(2)}`,
  );
  return trips;
}

const user = await addSystemUser('/bin/dash');
const sshd = await startSshd({ user: user.name });
const proxy = await startDelayingProxy(sshd.port, ROUND_TRIP_MS / 2);
try {
  const roundTripMs = await measureRoundTripMs();
  console.log(
    `${COUNT} times \`true\` on a warm connection, ${ROUND_TRIP_MS} ms round trip (an echo takes ${roundTripMs.toFixed(1)} ms)`,
  );
  const node = sshd.nodeSpec({ port: proxy.port, hostKey: 'off' });
  const own = tell('playbook', await withPlaybook(node), roundTripMs);
  if (existsSync('/usr/lib/python3/dist-packages/asyncssh')) {
    const task = { port: proxy.port, user: user.name, keyFile: sshd.keyFile, count: COUNT };
    const script = fileURLToPath(new URL('latency/with_asyncssh.py', import.meta.url));
    const { stdout } = await promisify(execFile)('/usr/bin/python3', [
      script,
      JSON.stringify(task),
    ]);
    const peer = tell('asyncssh', JSON.parse(stdout) as number[], roundTripMs);
    console.log(`playbook / asyncssh: ${(own / peer).toFixed(2)}`);
  }
  console.log('aim: at most 1.1 round trips');
} finally {
  await proxy.close();
  await sshd.stop();
  await user.remove();
}
