/** The commands of the task with nothing but ssh2: a channel for each. */
import { readFileSync } from 'node:fs';

import pLimit from 'p-limit';
import ssh2 from 'ssh2';

import { readTask, report } from './task.js';

const task = readTask();
const privateKey = readFileSync(task.keyFile);
const known = readFileSync(task.knownHostsFile, 'utf8').trim().split(' ').at(-1);

function run(client: ssh2.Client, command: string): Promise<number | null> {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => {
      if (error) {
        reject(error);
        return;
      }
      let status: number | null = null;
      channel.resume();
      channel.stderr.resume();
      channel.on('exit', (code: number | null) => (status = code));
      channel.on('close', () => resolve(status));
    });
  });
}

async function visit(host: string): Promise<boolean> {
  const client = new ssh2.Client();
  await new Promise<void>((resolve, reject) => {
    client.on('ready', resolve).on('error', reject);
    client.connect({
      host,
      port: task.port,
      username: task.user,
      privateKey,
      hostVerifier: (key: Buffer) => key.toString('base64') === known,
    });
  });
  const statuses: (number | null)[] = [];
  for (const command of task.commands) statuses.push(await run(client, command));
  client.end();
  return statuses.every((status) => status === 0);
}

const begin = performance.now();
const limit = pLimit(task.forks);
const visited = await Promise.all(
  task.hosts.map((host) =>
    limit(() =>
      visit(host).catch((error: unknown) => {
        console.error(host, error);
        return false;
      }),
    ),
  ),
);
report(visited.filter(Boolean).length, begin);
