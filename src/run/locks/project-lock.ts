import { mkdir } from 'node:fs/promises';
import path from 'node:path';

import { OVER } from '../../async/abort.js';
import type { Clock } from '../../async/clock.js';
import { startDeadline } from '../../async/deadline.js';
import type { Failure, Outcome } from '../../model/failure.js';
import { createFailure } from '../../model/failure.js';
import { formatDuration } from '../../report/text/duration.js';
import { formatDateTime } from '../../report/text/time.js';
import { fileFailure } from '../../results/files/file-failure.js';
import { cancelled, Interruption } from '../interruption.js';
import { type LockHolder, thisProcess } from './holder.js';
import {
  type FoundLock,
  type HeldLock,
  UnreadableLock,
  isHeld,
  readLock,
  removeAbandoned,
  takeLock,
} from './lock-file.js';

const BEAT_MS = 10_000;
/** A holder on another machine that has not stirred for so long is given up. */
const SILENCE_MS = 120_000;
/** Whoever lives is heard of in this time, twice. On top of what the file system's clock says, which may have been set. */
const CONFIRM_MS = 2.5 * BEAT_MS;
const LOOK_MS = 500;

/** The project, for one run at a time. */
export interface ProjectLock {
  /** Aborts as the one that ends the wait does, and with an `Interruption` when the lock is lost. */
  readonly signal: AbortSignal;
  /** Whether others may have the project by now. */
  readonly isLost: () => boolean;
  /** Says which run has it. */
  nameRun(run: string): Promise<Outcome<void>>;
  release(): Promise<void>;
}

export interface ProjectLockOptions {
  /** The project's root, absolute. */
  readonly root: string;
  readonly command: LockHolder['command'];
  readonly clock: Clock;
  /** How long to wait for another. */
  readonly waitMs: number;
  /** Ends the wait, and the work that is done with the lock. */
  readonly signal: AbortSignal;
  /** Told for whom it waits: once, and again when it is another. */
  readonly onWaiting: (reason: string) => void;
  /** Told why, when the lock is lost. */
  readonly onLost: (message: string) => void;
}

/** Where a project's lock lies. */
export function projectLockFile(root: string): string {
  return path.join(root, '.playbook', 'lock');
}

/** Who has a project, and lives; `null` where nobody does. */
export async function projectHolder(root: string): Promise<LockHolder | null> {
  try {
    const found = await readLock(projectLockFile(root), Date.now());
    return found === null || isGone(found) ? null : found.holder;
  } catch (error) {
    if (error instanceof UnreadableLock) return null;
    throw error;
  }
}

/** Tells whether a run of a project is under way, for those who list runs. */
export async function runsUnderWay(root: string): Promise<(run: string) => boolean> {
  const holder = await projectHolder(root);
  if (holder?.command !== 'run') return () => false;
  // A run that was begun a moment ago has no name yet.
  return (run) => holder.run === null || holder.run === run;
}

/** Takes the project's lock; the failure names who has it. */
export async function acquireProjectLock(
  options: ProjectLockOptions,
): Promise<Outcome<ProjectLock>> {
  const { root, command, clock } = options;
  const file = projectLockFile(root);
  try {
    await mkdir(path.dirname(file), { recursive: true });
    const lock = await waitFor(file, thisProcess(command, clock.now()), options);
    if (!('release' in lock)) return { ok: false, failure: lock };
    await removeAbandoned(file);
    return { ok: true, value: keep(lock, file, options) };
  } catch (error) {
    if (error instanceof UnreadableLock) return { ok: false, failure: unreadable(file) };
    return { ok: false, failure: fileFailure(error, `could not lock the project with ${file}`) };
  }
}

async function waitFor(
  file: string,
  me: LockHolder,
  { clock, waitMs, signal, onWaiting }: ProjectLockOptions,
): Promise<HeldLock | Failure> {
  const until = clock.monotonic() + waitMs;
  const watch = createSilenceWatch(clock);
  let announced: string | null = null;
  const isStopped = () => signal.aborted;
  for (;;) {
    const taken = await takeLock(file, me, watch.isSilent);
    if (isHeld(taken)) return taken;
    watch.see(taken);
    const remaining = until - clock.monotonic();
    // One that seems to be gone is worth the moment that it takes to be sure.
    if (remaining <= 0 && !watch.isDoubtful(taken)) return lockedBy(taken, file, clock, waitMs);
    if (isStopped()) return cancelled(signal.reason);
    if (announced !== taken.holder.holder) {
      announced = taken.holder.holder;
      onWaiting(`for the project, which ${describeHolder(taken.holder, clock)} has`);
    }
    await clock.sleep(remaining > 0 ? Math.min(LOOK_MS, remaining) : LOOK_MS, signal);
    if (isStopped()) return cancelled(signal.reason);
  }
}

/** Judges holders whose processes cannot be looked at by their heartbeat. */
function createSilenceWatch(clock: Clock) {
  interface Seen {
    readonly beat: number;
    readonly at: number;
    readonly isOld: boolean;
    readonly hasBeaten: boolean;
  }
  // Not only of the one who has it: a taker that died before it had it comes after a holder that is dead.
  const seen = new Map<string, Seen>();
  const of = ({ holder, beat }: FoundLock) => {
    const last = seen.get(holder.holder);
    return last?.beat === beat ? last : null;
  };
  const isOld = ({ silentMs }: FoundLock) => silentMs !== null && silentMs >= SILENCE_MS;
  return {
    see(found: FoundLock) {
      if (of(found)) return;
      const { holder, beat } = found;
      const hasBeaten = seen.has(holder.holder);
      seen.set(holder.holder, { beat, at: clock.monotonic(), isOld: isOld(found), hasBeaten });
    },
    isSilent: (found: FoundLock): boolean => {
      if (found.lifeSign === 'alive') return false;
      if (isGone(found)) return true;
      const last = of(found);
      if (last === null) return false;
      return clock.monotonic() - last.at >= (last.isOld ? CONFIRM_MS : SILENCE_MS);
    },
    /** It seems to be gone, and this was not confirmed yet. */
    isDoubtful(found: FoundLock): boolean {
      const last = of(found);
      if (last === null) return false;
      if (found.lifeSign === 'restarted') return !last.hasBeaten;
      return found.lifeSign === 'elsewhere' && last.isOld;
    },
  };
}

/** Whether a holder is gone for sure. One of before this machine was started again would have been heard of if it lived elsewhere. */
function isGone({ lifeSign, silentMs }: FoundLock): boolean {
  return lifeSign === 'dead' || (lifeSign === 'restarted' && (silentMs ?? 0) >= CONFIRM_MS);
}

function keep(
  lock: HeldLock,
  file: string,
  { clock, signal, onLost }: ProjectLockOptions,
): ProjectLock {
  const stopped = new AbortController();
  const lost = new AbortController();
  const work = startDeadline(clock, Infinity, signal, lost.signal);
  const beating = (async () => {
    for (;;) {
      await clock.sleep(BEAT_MS, stopped.signal);
      if (stopped.signal.aborted) return;
      // What keeps it from beating may be over the next time; others wait long before they believe it.
      const isOurs = await lock.beat().catch(() => true);
      if (isOurs) continue;
      const other = await readLock(file).catch(() => null);
      onLost(whyLost(other, file, clock));
      lost.abort(new Interruption('lock_lost'));
      return;
    }
  })();
  return {
    signal: work.signal,
    isLost: () => lost.signal.aborted,
    async nameRun(run) {
      try {
        await lock.rewrite({ ...lock.holder, run });
        return { ok: true, value: undefined };
      } catch (error) {
        return { ok: false, failure: fileFailure(error, `could not write ${file}`) };
      }
    },
    async release() {
      stopped.abort(OVER);
      work.clear();
      await beating;
      // One that is left is that of a dead process: whoever comes next takes it over.
      await lock.release().catch(() => undefined);
    },
  };
}

function whyLost(other: FoundLock | null, file: string, clock: Clock): string {
  if (other === null) return `the project is lost: ${file} is gone, and others may take it`;
  const who = describeHolder(other.holder, clock);
  return `the project is lost: this run was not heard of for too long, and ${who} has it; was this machine suspended?`;
}

function unreadable(file: string): Failure {
  return createFailure('locked', `the project is locked, and ${file} does not say by whom`, {
    hint: 'where no run is under way, remove that file',
  });
}

function lockedBy({ holder }: FoundLock, file: string, clock: Clock, waitMs: number): Failure {
  const still = waitMs > 0 ? `still locked after ${formatDuration(waitMs)}` : 'locked';
  return createFailure(
    'locked',
    `the project is ${still}: ${describeHolder(holder, clock)} has it`,
    {
      hint:
        holder.command === 'run'
          ? `wait for it with --wait-lock 30m, or stop it with: kill -INT ${holder.pid} (on ${holder.host})`
          : `wait for it with --wait-lock 5m (${file})`,
    },
  );
}

/** `run 20260601_190411 (process 4711 of anna on bench1, since 2026-06-01 19:04:11, 12 min)` */
export function describeHolder(
  { command, run, pid, user, host, since }: LockHolder,
  clock: Pick<Clock, 'now'>,
): string {
  const what = command === 'run' ? (run === null ? 'a run' : `run ${run}`) : 'playbook cleanup';
  const minutes = Math.max(0, Math.floor((clock.now() - Date.parse(since)) / 60_000));
  return `${what} (process ${pid} of ${user} on ${host}, since ${formatDateTime(since)}, ${minutes} min)`;
}
