import { createHash, randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { userName } from '../../remote/local/user-name.js';

/** Who has a lock, as its file tells. The shape is that of the file, hence the snake case. */
export interface LockHolder {
  /** Unique: no two takers share one. */
  readonly holder: string;
  /** What it does with the project. */
  readonly command: 'run' | 'cleanup';
  /** `null`: it has no name yet, or is no run. */
  readonly run: string | null;
  readonly pid: number;
  /** When the process began, as its kernel counts: a later process with the same number is another. `null`: unknown. */
  readonly process_start: string | null;
  /** Of the kernel since it was started; `null`: unknown. */
  readonly boot_id: string | null;
  /** Numbers of processes mean something only within one. `null`: unknown. */
  readonly pid_namespace: string | null;
  readonly host: string;
  /** Tells apart machines that share a name; `null`: unknown. */
  readonly machine: string | null;
  readonly user: string;
  /** ISO 8601 in UTC, for people: nothing is judged by it. */
  readonly since: string;
}

/** `elsewhere`: only its heartbeat tells. */
export type LifeSign = 'alive' | 'dead' | 'elsewhere';

/** This process as the holder of a lock. */
export function thisProcess(command: LockHolder['command'], now: number): LockHolder {
  return {
    holder: randomUUID(),
    command,
    run: null,
    pid: process.pid,
    process_start: processOf(process.pid)?.start ?? null,
    boot_id: bootId(),
    pid_namespace: pidNamespace(),
    host: hostname(),
    machine: machineId(),
    user: userName(),
    since: new Date(now).toISOString(),
  };
}

/** Whether a holder still lives, as far as can be told from here. */
export function lifeSignOf(holder: LockHolder): LifeSign {
  if (holder.host !== hostname() || holder.machine !== machineId()) return 'elsewhere';
  // This machine was started again since.
  if (holder.boot_id !== bootId()) return 'dead';
  if (holder.pid_namespace !== pidNamespace()) return 'elsewhere';
  const found = processOf(holder.pid);
  if (found === null) return answers(holder.pid) ? 'alive' : 'dead';
  const isSame = holder.process_start === null || found.start === holder.process_start;
  return isSame && !found.isOver ? 'alive' : 'dead';
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

/** Hashed: the id itself is not meant to be passed around. */
function machineId(): string | null {
  const id = readOrNull('/etc/machine-id')?.trim() ?? '';
  return id === '' ? null : createHash('sha256').update(id).digest('hex').slice(0, 16);
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
