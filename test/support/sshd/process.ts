import { spawn, type ChildProcess } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';

/** A running sshd. */
export interface SshdProcess {
  readonly child: ChildProcess;
  /** What it logged so far. */
  readonly log: () => string;
  /** Ends it and every connection it serves. */
  readonly kill: () => Promise<void>;
  /** Ends every connection it serves, without a goodbye. */
  readonly killSessions: () => Promise<void>;
}

/** Starts `sshd -f configFile` in the foreground; resolves once it listens. */
export function runSshd(configFile: string): Promise<SshdProcess> {
  return new Promise((resolve, reject) => {
    const child = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', configFile], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let log = '';
    const ended = new Promise<void>((end) => {
      child.on('close', () => {
        end();
        reject(new Error(`sshd ended:\n${log}`));
      });
    });
    child.on('error', reject);
    const killSessions = async () => {
      const { pid } = child;
      if (pid !== undefined) for (const session of await sessionsOf(pid)) kill(session);
    };
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      log += text;
      if (!log.includes('Server listening on')) return;
      resolve({
        child,
        log: () => log,
        killSessions,
        async kill() {
          await killSessions();
          child.kill('SIGKILL');
          // A session's process may hold the pipe of the log for a moment longer.
          child.stderr.destroy();
          await ended;
        },
      });
    });
  });
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/**
 * Every sshd below one: its sessions leave its process group, so there is no other way to find them. What they run goes on,
 * as it does where a connection breaks.
 */
async function sessionsOf(root: number): Promise<readonly number[]> {
  const parents = new Map<number, number>();
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = await readFile(`/proc/${entry}/stat`, 'latin1').catch(() => '');
    if (!stat.includes(' (sshd')) continue;
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    if (parent > 0) parents.set(Number(entry), parent);
  }
  const isBelow = (pid: number): boolean => {
    const parent = parents.get(pid);
    return parent !== undefined && (parent === root || isBelow(parent));
  };
  return [...parents.keys()].filter(isBelow);
}

/** A port of 127.0.0.1 that nobody listens on at this moment. */
export function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
  });
}
