import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { attempt, run } from '../machine/command.js';
import type { RunOptions, RunResult } from '../machine/command.js';
import { cgroupsOf, processesOf } from './cgroups.js';
import type { LabNode } from './layout.js';

const ENTER = join(import.meta.dirname, 'enter.sh');

/** The id, as this machine counts it, of the node's first process; `null` where the node is not up. */
export function initOf(node: LabNode): number | null {
  return processesOf(node.name).find((pid) => isInit(pid)) ?? null;
}

export function isUp(node: LabNode): boolean {
  return initOf(node) !== null;
}

/** Runs a program inside the node as root, whatever the state of its network and its sshd. */
export async function runOnNode(
  node: LabNode,
  argv: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  return run(enterCommand(node, argv), { label: `${node.name}: ${argv.join(' ')}`, ...options });
}

/** As `runOnNode`, but a failing program is an answer. */
export async function attemptOnNode(
  node: LabNode,
  argv: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  return attempt(enterCommand(node, argv), options);
}

/** The command that runs `argv` inside the node when it is run here. */
export function enterCommand(node: LabNode, argv: readonly string[]): string[] {
  const init = initOf(node);
  if (init === null) throw new Error(`${node.name} is down. Bring it up with: npm run lab:up`);
  return ['sh', ENTER, String(init), ...cgroupsOf(node.name), '--', ...argv];
}

/** Ends every process of the node at once, as a power cut does: its namespaces and mounts end with them. */
export async function killProcesses(node: string): Promise<void> {
  let pids = processesOf(node);
  for (let round = 0; pids.length > 0; round++) {
    if (round === 500) throw new Error(`${node}: processes ${pids.join(', ')} do not end.`);
    for (const pid of pids) kill(pid);
    await delay(20);
    pids = processesOf(node);
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** A node that has booted: its first process, 1 in a namespace directly below this one, has become init. */
function isInit(pid: number): boolean {
  let status: string;
  try {
    status = readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return false; // it ended meanwhile
  }
  const ids = /^NSpid:\s+(.*)$/m.exec(status)?.[1]?.split(/\s+/);
  return ids?.length === 2 && ids[1] === '1' && /^Name:\s+tini$/m.test(status);
}
