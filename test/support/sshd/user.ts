import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';

import { run } from './commands.js';

/** An account of this machine that exists for a test. */
export interface SystemUser {
  readonly name: string;
  readonly password: string;
  readonly home: string;
  /** Ends what it runs and removes it with its home. */
  remove(): Promise<void>;
}

/** Makes an account with a home of its own. @param shell Its login shell. */
export async function addSystemUser(shell = '/bin/sh'): Promise<SystemUser> {
  const name = `pb${randomBytes(4).toString('hex')}`;
  const password = `P@$$w0rd'"${randomBytes(4).toString('hex')}`;
  await run('useradd', '--create-home', '--shell', shell, name);
  await setPassword(name, password);
  return {
    name,
    password,
    home: `/home/${name}`,
    async remove() {
      await run('pkill', '-KILL', '-u', name).catch(() => undefined);
      await run('userdel', '--remove', '--force', name);
    },
  };
}

function setPassword(name: string, password: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('chpasswd', { stdio: ['pipe', 'ignore', 'inherit'] });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`chpasswd failed with ${code}`));
    });
    child.stdin.end(`${name}:${password}\n`);
  });
}
