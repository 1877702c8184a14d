import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { run } from '../machine/command.js';
import { CONTROLLER_ADDRESS, MOST_NODES, PRIVATE_KEY, STATE, labNode } from './layout.js';
import type { LabNode } from './layout.js';

const HOST_KEY_TYPES = ['ed25519', 'ecdsa', 'rsa'];
/** The users that the lab's key opens, with their homes and ids in the nodes' root. */
const LOGINS = ['root', 'home/bench', 'home/fish', 'home/noisy'];

/** The key that opens every node. */
export async function createLoginKey(): Promise<void> {
  await mkdir(STATE, { recursive: true, mode: 0o700 });
  if (existsSync(`${PRIVATE_KEY}.pub`)) return;
  await run(['rm', '-f', PRIVATE_KEY]);
  await run([
    'ssh-keygen',
    '-q',
    '-t',
    'ed25519',
    '-N',
    '',
    '-C',
    'playbook-lab',
    '-f',
    PRIVATE_KEY,
  ]);
}

/** Writes what makes a node this node: its name, host keys, and who may log in. Kept where it is there. */
export async function writeIdentity(node: LabNode, base: string): Promise<void> {
  const upper = join(node.folder, 'upper');
  const done = join(node.folder, 'identity');
  for (const folder of ['upper/etc/ssh', 'work', 'root', 'docker']) {
    await mkdir(join(node.folder, folder), { recursive: true });
  }
  if (existsSync(done)) return;
  await writeFile(join(upper, 'etc/hostname'), `${node.name}\n`);
  await writeFile(join(upper, 'etc/hosts'), hostsFile());
  await Promise.all(HOST_KEY_TYPES.map((type) => createHostKey(upper, type)));
  for (const login of LOGINS) await admitKey(upper, base, login);
  await writeFile(done, '');
}

/** The lines of a known_hosts file for the node. */
export async function knownHostLines(node: LabNode): Promise<string[]> {
  const folder = join(node.folder, 'upper/etc/ssh');
  const files = (await readdir(folder)).filter((name) => /^ssh_host_.*_key\.pub$/.test(name));
  return Promise.all(
    files.sort().map(async (file) => {
      const [type, key] = (await readFile(join(folder, file), 'utf8')).split(' ');
      return `${node.host} ${type ?? ''} ${key ?? ''}`.trim();
    }),
  );
}

function hostsFile(): string {
  const names = Array.from({ length: MOST_NODES }, (_, index) => labNode(index + 1));
  return [
    '127.0.0.1 localhost',
    '::1 localhost ip6-localhost',
    `${CONTROLLER_ADDRESS} controller`,
    ...names.map((node) => `${node.host} ${node.name}`),
    '',
  ].join('\n');
}

async function createHostKey(upper: string, type: string): Promise<void> {
  const file = join(upper, `etc/ssh/ssh_host_${type}_key`);
  if (existsSync(`${file}.pub`)) return;
  await run(['rm', '-f', file]);
  await run(['ssh-keygen', '-q', '-t', type, '-N', '', '-C', '', '-f', file]);
}

async function admitKey(upper: string, base: string, login: string): Promise<void> {
  const home = join(upper, login);
  const folder = join(home, '.ssh');
  await mkdir(folder, { recursive: true });
  await copyFile(`${PRIVATE_KEY}.pub`, join(folder, 'authorized_keys'));
  await chmod(join(folder, 'authorized_keys'), 0o600);
  await chmod(folder, 0o700);
  // The home itself comes from the base: its owner and mode have to be repeated where the overlay covers it.
  await run(['chown', '-R', `--reference=${join(base, login)}`, home]);
  await run(['chmod', `--reference=${join(base, login)}`, home]);
}
