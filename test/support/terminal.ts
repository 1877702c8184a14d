import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import path from 'node:path';

import { expect, onTestFinished } from 'vitest';

import { PLAYBOOK } from './project-folder.js';

/** Why there can be no terminal here; `null` where there can. */
export const TERMINAL_MISSING: string | null = ((): string | null => {
  try {
    execFileSync('script', ['--version'], { stdio: 'ignore' });
    execFileSync('bash', ['--version'], { stdio: 'ignore' });
    return null;
  } catch {
    return 'needs util-linux script and bash';
  }
})();

/** An interactive shell on a real terminal, as a person has it. */
export interface Terminal {
  readonly child: ChildProcess;
  /** Everything that was shown so far. */
  shown(): string;
  type(keys: string): void;
  /** Resolves once what is shown since the last call matches. */
  sees(pattern: RegExp, timeoutMs?: number): Promise<RegExpMatchArray>;
  /** The window is closed: the terminal goes away under everything that runs on it. */
  close(): void;
}

export const KEYS = { interrupt: '\x03', suspend: '\x1a' } as const;

/** Opens a terminal in a folder; the command `playbook` is there. */
export function openTerminal(folder: string, env: Record<string, string> = {}): Terminal {
  const child = spawn('script', ['-qfc', 'bash --norc --noprofile -i', '/dev/null'], {
    cwd: folder,
    env: {
      ...process.env,
      TERM: 'xterm',
      PS1: '$ ',
      PATH: `${path.dirname(PLAYBOOK)}:${path.dirname(process.execPath)}:${process.env['PATH']}`,
      CI: '',
      ...env,
    },
    stdio: ['pipe', 'pipe', 'inherit'],
    // The terminal of whoever runs the tests is not its.
    detached: true,
  });
  let shown = '';
  let seen = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text));
  child.stdin.on('error', () => undefined);
  onTestFinished(() => void child.kill('SIGKILL'));
  return {
    child,
    shown: () => shown,
    type: (keys) => void child.stdin.write(keys),
    async sees(pattern, timeout = 15_000) {
      const look = () => pattern.exec(shown.slice(seen));
      await expect
        .poll(() => look() !== null, { timeout, message: `${pattern} in:\n${shown.slice(seen)}` })
        .toBe(true);
      const found = look() as RegExpMatchArray;
      seen += (found.index ?? 0) + found[0].length;
      return found;
    },
    close: () => void child.kill('SIGKILL'),
  };
}
