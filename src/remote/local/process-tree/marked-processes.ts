import { MARK_VARIABLE } from '../../mark.js';
import { isLiving, isThread, listPids, readEnvironment, readLastPid, readStat } from './proc.js';

/** Nested runs keep the marks of the outer ones, so that the outer ones find what the inner ones started. */
export function addMark(inherited: string | undefined, mark: string): string {
  return inherited ? `${inherited},${mark}` : mark;
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
 * The processes whose environment carries a mark, in whatever process group. Linux only: elsewhere the result is empty.
 * Processes of other users cannot be looked into.
 *
 * Looking into every process takes tens of milliseconds on a machine with thousands. So after a short command only
 * those started since are looked at, and searches that begin together are done together.
 */
export async function findMarkedProcesses(mark: string, origin: Origin): Promise<number[]> {
  if (process.platform !== 'linux') return [];
  const recent = listRecentPids(origin);
  const found = recent
    ? await search(recent, new Set([mark]), origin.pid)
    : await searchTogether(mark, origin.pid);
  return found.get(mark) ?? [];
}

/** `null` where that cannot be told: they all have to be looked at. */
function listRecentPids({ pid, ageMs }: Origin): number[] | null {
  const last = ageMs < NO_WRAP_MS ? readLastPid() : null;
  if (last === null || last < pid) return null;
  return Array.from({ length: last - pid }, (_, index) => pid + 1 + index);
}

interface SharedSearch {
  readonly marks: Set<string>;
  /** The least of the origins. */
  since: number;
  readonly found: Promise<ReadonlyMap<string, number[]>>;
}

/** The search that has not begun yet. */
let next: SharedSearch | null = null;

function searchTogether(mark: string, since: number): Promise<ReadonlyMap<string, number[]>> {
  next ??= planSearch();
  next.marks.add(mark);
  next.since = Math.min(next.since, since);
  return next.found;
}

function planSearch(): SharedSearch {
  const planned: SharedSearch = {
    marks: new Set(),
    since: Infinity,
    found: new Promise((resolve) => setImmediate(resolve)).then(() => {
      next = null;
      return search(listPids(), planned.marks, planned.since);
    }),
  };
  return planned;
}

/** @param since Only younger processes may be in the moment of `execve`. */
async function search(
  pids: readonly number[],
  marks: ReadonlySet<string>,
  since: number,
): Promise<ReadonlyMap<string, number[]>> {
  const found = new Map<string, number[]>();
  let undecided = pids;
  for (let look = 0; look < LOOKS && undecided.length > 0; look += 1) {
    if (look > 0) await new Promise((resolve) => setTimeout(resolve, BETWEEN_LOOKS_MS));
    const unclear: number[] = [];
    for (const pid of undecided) {
      const environment = readEnvironment(pid);
      if (environment === null) continue;
      if (environment.length === 0) {
        if (mayBeStarting(pid, since)) unclear.push(pid);
        continue;
      }
      const own = marksIn(environment).filter((mark) => marks.has(mark));
      if (own.length === 0 || isThread(pid)) continue;
      for (const mark of own) found.set(mark, [...(found.get(mark) ?? []), pid]);
    }
    undecided = unclear;
  }
  return found;
}

function marksIn(environment: Buffer): string[] {
  const name = `${MARK_VARIABLE}=`;
  const start = environment.indexOf(`\0${name}`) + 1;
  if (start === 0 && environment.indexOf(name) !== 0) return [];
  const end = environment.indexOf(0, start);
  const value = environment.toString('latin1', start + name.length, end === -1 ? undefined : end);
  return value.split(',');
}

function mayBeStarting(pid: number, since: number): boolean {
  if (pid < since) return false;
  const stat = readStat(pid);
  return stat !== null && isLiving(stat) && !stat.isKernelThread;
}
