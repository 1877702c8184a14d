import { closeSync, openSync, readFileSync, readSync, readdirSync } from 'node:fs';

/** What Linux tells of processes; see proc(5). */
export interface ProcessStat {
  readonly state: string;
  readonly group: number;
  readonly isKernelThread: boolean;
}

/** PF_KTHREAD of include/linux/sched.h. */
const KERNEL_THREAD = 0x0020_0000;

/** `null` where there is no such process. */
export function readStat(pid: number): ProcessStat | null {
  const text = readQuickly(`/proc/${pid}/stat`)?.toString('latin1');
  if (text === undefined) return null;
  // The second field is the program's name in parentheses, which may hold blanks and parentheses itself.
  const [state = '', , group, , , , flags] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state, group: Number(group), isKernelThread: (Number(flags) & KERNEL_THREAD) !== 0 };
}

/** Threads are found under `/proc` by their own ids too, though not listed. */
export function isThread(pid: number): boolean {
  const status = readQuickly(`/proc/${pid}/status`)?.toString('latin1');
  return status !== undefined && !status.includes(`\nTgid:\t${pid}\n`);
}

/** A zombie is over, even where nobody collects it. */
export function isLiving({ state }: ProcessStat): boolean {
  return state !== 'Z' && state !== 'X';
}

/** Every process but this one. */
export function listPids(): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid);
}

/** The id that was given out last, `null` where that is not told. */
export function readLastPid(): number | null {
  const last = Number(readFileSync('/proc/loadavg', 'latin1').trim().split(' ').at(-1));
  return Number.isInteger(last) ? last : null;
}

/**
 * The variables as they are in memory, each ended by NUL; valid until the next call of anything here. Empty where a
 * process has none: kernel threads, zombies, and any in the moment of `execve`. `null` where it is gone or belongs to
 * someone else.
 */
export function readEnvironment(pid: number): Buffer | null {
  return readQuickly(`/proc/${pid}/environ`);
}

/** Large enough for nearly everything: what is read in one piece costs half. */
let buffer = Buffer.allocUnsafe(64 * 1024);

/** A third of the time of `readFileSync`, which counts where thousands are read. */
function readQuickly(name: string): Buffer | null {
  let file: number;
  try {
    file = openSync(name, 'r');
  } catch {
    return null;
  }
  try {
    let length = 0;
    for (;;) {
      const count = readSync(file, buffer, length, buffer.length - length, null);
      length += count;
      if (length < buffer.length || count === 0) return buffer.subarray(0, length);
      buffer = Buffer.concat([buffer, Buffer.allocUnsafe(buffer.length)]);
    }
  } catch {
    return null;
  } finally {
    closeSync(file);
  }
}
