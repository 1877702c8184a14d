import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import type { StampedEvent } from '../../../src/model/event.js';

const PLAYBOOK = fileURLToPath(new URL('../../../bin/playbook.js', import.meta.url));
const CLOCK = fileURLToPath(new URL('../faults/shifted-clock.cjs', import.meta.url));

/** How a process ended, and when. */
export interface Ended {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
  /** It had to be killed because it did not end. */
  readonly isHung: boolean;
}

/** A `playbook run --reporter json` that is under way. */
export interface Running {
  readonly pid: number;
  /** What it has told so far. */
  readonly events: readonly StampedEvent[];
  readonly ended: Promise<Ended>;
  isOver(): boolean;
  kill(signal: NodeJS.Signals): void;
  /** Resolves once the events are as they should be, or the process is over. */
  until(isReached: (events: readonly StampedEvent[]) => boolean): Promise<void>;
}

/** What takes longer hangs. */
const LONGEST_MS = 120_000;

/** Runs a command of the real CLI to its end. */
export async function playbook(root: string, ...args: string[]): Promise<Ended> {
  return start(root, args).ended;
}

/** @param env Added to the environment of this process. */
export function start(
  root: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Running {
  const begin = performance.now();
  const argv = [process.execPath, '--require', CLOCK, PLAYBOOK, '-C', root, ...args];
  // Under nohup a campaign goes on when its terminal is closed; what it hangs up on must not inherit that.
  const child = spawn('env', ['--default-signal=HUP', ...argv], {
    cwd: root,
    env: { ...process.env, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Signals to this process are not meant for it.
    detached: true,
  });
  const events: StampedEvent[] = [];
  const watchers = new Set<() => void>();
  let stdout = '';
  let stderr = '';
  let unread = '';
  let isHung = false;
  let isOver = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    unread += text;
    const lines = unread.split('\n');
    unread = lines.pop() ?? '';
    for (const line of lines)
      if (line.startsWith('{')) events.push(JSON.parse(line) as StampedEvent);
    for (const look of [...watchers]) look();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const timer = setTimeout(() => {
    isHung = true;
    child.kill('SIGKILL');
  }, LONGEST_MS);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', () => (isOver = true));
    child.on('close', (exitCode, signal) => {
      clearTimeout(timer);
      const durationMs = performance.now() - begin;
      resolve({ exitCode, signal, stdout, stderr, durationMs, isHung });
      for (const look of [...watchers]) look();
    });
  });
  return {
    pid: child.pid ?? 0,
    events,
    ended,
    isOver: () => isOver,
    kill: (signal) => void child.kill(signal),
    until: (isReached) =>
      new Promise((resolve) => {
        const look = () => {
          if (!isReached(events) && !isOver) return;
          watchers.delete(look);
          resolve();
        };
        watchers.add(look);
        look();
      }),
  };
}
