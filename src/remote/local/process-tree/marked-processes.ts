import { isLiving, isThread, listPids, readEnvironment, readLastPid, readStat } from './proc.js';

/** The variable that marks everything an exec started, however it is forked: a comma-separated list of ids. */
export const MARK_VARIABLE = 'PLAYBOOK_EXEC';

/** Nested runs keep the marks of the outer ones, so that the outer ones find what the inner ones started. */
export function addMark(inherited: string | undefined, id: string): string {
  return inherited ? `${inherited},${id}` : id;
}

/** The process everything that is searched for was started by. */
export interface Origin {
  readonly pid: number;
  /** ms since its start. */
  readonly ageMs: number;
}

/** Process ids are given out in turn: in this time they cannot have gone round. */
const NO_WRAP_MS = 1_000;
/** How often a process is looked at again that is just becoming another program, without an environment meanwhile. */
const LOOKS = 5;
const BETWEEN_LOOKS_MS = 2;

/**
 * The processes whose environment carries the mark, in whatever process group. Linux only: elsewhere the result is
 * empty. Processes of other users cannot be looked into.
 *
 * @param origin After a short command only the processes started since are looked at: looking into all of them would
 *   take tens of milliseconds on a machine with thousands.
 */
export async function findMarkedProcesses(id: string, origin: Origin): Promise<number[]> {
  if (process.platform !== 'linux') return [];
  const found: number[] = [];
  let undecided = candidates(origin);
  for (let look = 0; look < LOOKS && undecided.length > 0; look += 1) {
    if (look > 0) await new Promise((resolve) => setTimeout(resolve, BETWEEN_LOOKS_MS));
    const unclear: number[] = [];
    for (const pid of undecided) {
      const environment = readEnvironment(pid);
      if (environment === null) continue;
      if (environment.includes(id)) found.push(pid);
      else if (environment.length === 0 && mayBeStarting(pid, origin)) unclear.push(pid);
    }
    undecided = unclear;
  }
  return found.filter((pid) => !isThread(pid));
}

function candidates({ pid, ageMs }: Origin): number[] {
  const last = ageMs < NO_WRAP_MS ? readLastPid() : null;
  if (last === null || last < pid) return listPids();
  return Array.from({ length: last - pid }, (_, index) => pid + 1 + index);
}

/** Whether a process without an environment may be in the moment of `execve`. */
function mayBeStarting(pid: number, origin: Origin): boolean {
  if (pid < origin.pid) return false;
  const stat = readStat(pid);
  return stat !== null && isLiving(stat) && !stat.isKernelThread;
}
