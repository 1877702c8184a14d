import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** A process, so that others can tell whether it still lives. The shape is that of files, hence the snake case. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When the process began, as its kernel counts: a later process with the same number is another. `null`: unknown. */
  readonly process_start: string | null;
  /** Of the kernel since it was started, and of no other; `null`: unknown. */
  readonly boot_id: string | null;
  /** Numbers of processes mean something only within one. `null`: unknown. */
  readonly pid_namespace: string | null;
  readonly host: string;
  /** Tells apart machines that share a name, unless one was copied from the other; `null`: unknown. */
  readonly machine: string | null;
}

/**
 * `alive` and `dead`: the kernel on which it runs was asked. `restarted`: it goes by this machine's name and id, and was there
 * before the machine was started again; where machines are copies of each other, it may live on another. `elsewhere`: only
 * its silence can tell.
 */
export type LifeSign = 'alive' | 'dead' | 'restarted' | 'elsewhere';

export function identifyProcess(): ProcessIdentity {
  return {
    pid: process.pid,
    process_start: processOf(process.pid)?.start ?? null,
    boot_id: bootId(),
    pid_namespace: pidNamespace(),
    host: hostname(),
    machine: machineId(),
  };
}

/** Whether a process still lives, as far as can be told from here. */
export function lifeSignOf(asked: ProcessIdentity): LifeSign {
  if (asked.host !== hostname() || asked.machine !== machineId()) return 'elsewhere';
  if (asked.boot_id !== bootId()) return asked.machine === null ? 'elsewhere' : 'restarted';
  if (asked.pid_namespace !== pidNamespace()) return 'elsewhere';
  const found = processOf(asked.pid);
  if (found === null) return answers(asked.pid) ? 'alive' : 'dead';
  const isSame = asked.process_start === null || found.start === asked.process_start;
  return isSame && !found.isOver ? 'alive' : 'dead';
}

/** What this machine goes by: the same after it was started again. Hashed: its id is not meant to be passed around. */
export function machineToken(): string {
  return createHash('sha256')
    .update(`${hostname()}\0${machineId() ?? ''}`)
    .digest('hex')
    .slice(0, 16);
}

/** `null` where the system does not show its processes as files. */
function processOf(pid: number): { readonly start: string; readonly isOver: boolean } | null {
  const stat = readOrNull(`/proc/${pid}/stat`);
  if (stat === null) return null;
  // The name of the program, in parentheses, may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state = ''] = fields;
  return { start: fields[19] ?? '', isOver: state === 'Z' || state === 'X' };
}

function answers(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Someone else's process is a process too.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function bootId(): string | null {
  return readOrNull('/proc/sys/kernel/random/boot_id')?.trim() ?? null;
}

/** Hashed: the id itself is not meant to be passed around. Images are made with none, or with a word in its place. */
function machineId(): string | null {
  const id = readOrNull('/etc/machine-id')?.trim() ?? '';
  if (!/^[0-9a-f]{32}$/.test(id)) return null;
  return createHash('sha256').update(id).digest('hex').slice(0, 16);
}

function pidNamespace(): string | null {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return null;
  }
}

function readOrNull(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
