import { spawn } from 'node:child_process';
import path from 'node:path';

import { run } from './commands.js';

/** A real ssh-agent. */
export interface Agent {
  /** For SSH_AUTH_SOCK. */
  readonly socket: string;
  add(keyFile: string): Promise<void>;
  stop(): Promise<void>;
}

/** @param folder Where its socket is made. */
export function startAgent(folder: string): Promise<Agent> {
  const socket = path.join(folder, 'agent.sock');
  return new Promise((resolve, reject) => {
    const child = spawn('ssh-agent', ['-D', '-a', socket], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child.on('error', reject);
    const ended = new Promise<void>((end) => {
      child.on('close', () => {
        end();
      });
    });
    // It tells its socket once it listens.
    child.stdout.once('data', () => {
      resolve({
        socket,
        async add(keyFile) {
          await run('env', `SSH_AUTH_SOCK=${socket}`, 'ssh-add', '-q', keyFile);
        },
        async stop() {
          child.kill('SIGTERM');
          await ended;
        },
      });
    });
  });
}
