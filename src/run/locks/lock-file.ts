import { type FileHandle, link, open, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';

import { isTemporaryOf, temporaryName } from '../../results/files/atomic-file.js';
import { isMissing } from '../../results/files/file-failure.js';
import type { LockHolder } from './holder.js';
import { type LifeSign, lifeSignOf } from './process.js';

/** Who is about to take a lock over needs two file operations more; one who was stopped in between would need for ever. */
const TAKER_PATIENCE = { looks: 100, pauseMs: 2 };

/** What a taker writes it takes as a lock, or removes, at once. */
const ABANDONED_MS = 120_000;

/** A lock as it was found. */
export interface FoundLock {
  readonly holder: LockHolder;
  /** Grows as long as its holder lives. */
  readonly beat: number;
  /** How long it has not grown, by the clock of the file system; `null`: that was not asked. */
  readonly silentMs: number | null;
  readonly lifeSign: LifeSign;
}

/** A lock whose file is none: nobody can tell whose it is. */
export class UnreadableLock extends Error {
  override readonly name = 'UnreadableLock';
}

/**
 * @param now ms by the clock of the file system.
 * @returns `null` where nobody has it.
 * @throws UnreadableLock
 */
export async function readLock(file: string, now: number | null = null): Promise<FoundLock | null> {
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(file, 'utf8'), stat(file)]);
    const [json = '', beat = ''] = text.split('\n');
    const holder = parseHolder(json);
    return {
      holder,
      beat: Number(beat),
      silentMs: now === null ? null : now - mtimeMs,
      lifeSign: lifeSignOf(holder),
    };
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

function parseHolder(json: string): LockHolder {
  try {
    const holder = JSON.parse(json) as Partial<LockHolder> | null;
    if (typeof holder?.holder === 'string' && typeof holder.pid === 'number') {
      return holder as LockHolder;
    }
  } catch {
    // Said below.
  }
  throw new UnreadableLock();
}

/** The content of a lock's file: who has it, and how often its heart has beaten, in a place of its own. */
function render(holder: LockHolder, beat: number): { text: string; beatOffset: number } {
  const json = `${JSON.stringify(holder)}\n`;
  return { text: `${json}${renderBeat(beat)}`, beatOffset: Buffer.byteLength(json) };
}

function renderBeat(beat: number): string {
  return `${String(beat).padStart(10, '0')}\n`;
}

/** A lock that this process has. */
export interface HeldLock {
  readonly holder: LockHolder;
  /** Shows that its holder lives. @returns Whether the lock is still this one. */
  beat(): Promise<boolean>;
  /** Replaces what the file says of its holder. */
  rewrite(holder: LockHolder): Promise<void>;
  release(): Promise<void>;
}

/**
 * Takes a lock that nobody has, or whose holder is dead; of several at once exactly one gets it.
 *
 * Who takes over from a dead holder has to make a file with a name of that holder's, which only one can. The file becomes the
 * lock; a taker that died before is a dead holder itself, and is followed in the same way.
 *
 * @param isDead Whether a lock that was found, and of whose holder the kernel here cannot tell, is given up.
 * @returns The lock, or whose it is, or is about to be.
 */
export async function takeLock(
  file: string,
  holder: LockHolder,
  isDead: (found: FoundLock) => boolean = () => false,
): Promise<HeldLock | FoundLock> {
  const temporary = temporaryName(file);
  const { text } = render(holder, 0);
  try {
    await writeSynced(temporary, text);
    const { mtimeMs } = await stat(temporary);
    for (let looks = 0; ;) {
      if (await linked(temporary, file)) return await hold(file, holder);
      const outcome = await succeed(temporary, file, mtimeMs, isDead);
      if (outcome === 'taken') return await hold(file, holder);
      if (outcome === 'changed') continue;
      looks += 1;
      if (!outcome.isTaking || looks > TAKER_PATIENCE.looks) return outcome.found;
      await new Promise((resolve) => setTimeout(resolve, TAKER_PATIENCE.pauseMs));
    }
  } finally {
    await rm(temporary, { force: true });
  }
}

export function isHeld(lock: HeldLock | FoundLock): lock is HeldLock {
  return 'release' in lock;
}

/** Somebody who has the lock, or is about to take it over from a dead holder. */
interface Other {
  readonly found: FoundLock;
  /** A moment later it will be clear who has it. */
  readonly isTaking: boolean;
}

async function succeed(
  temporary: string,
  file: string,
  now: number,
  isDead: (found: FoundLock) => boolean,
): Promise<'taken' | 'changed' | Other> {
  const first = await readLock(file, now);
  const trail: string[] = [];
  for (let found = first; found !== null;) {
    const isOver = found.lifeSign === 'dead' || isDead(found);
    if (!isOver) return { found, isTaking: found !== first && found.lifeSign === 'alive' };
    const next = `${file}.after-${found.holder.holder}`;
    if (await linked(temporary, next)) {
      const current = await readLock(file);
      if (current?.holder.holder !== first?.holder.holder) {
        // Another has taken over, and is through with it.
        await rm(next, { force: true });
        return 'changed';
      }
      await rename(next, file);
      for (const each of trail) await rm(each, { force: true });
      return 'taken';
    }
    trail.push(next);
    found = await readLock(next, now);
  }
  return 'changed';
}

/** Removes what takers that were killed have left beside a lock that this process has. */
export async function removeAbandoned(file: string): Promise<void> {
  const folder = path.dirname(file);
  const { mtimeMs: now } = await stat(file);
  for (const name of await readdir(folder)) {
    if (!isTemporaryOf(file, name)) continue;
    const temporary = path.join(folder, name);
    if (await isAbandoned(temporary, now)) await rm(temporary, { force: true });
  }
}

/** One of a taker that lives is needed; one of which nobody can tell, as it may just be being written, only for a moment. */
async function isAbandoned(temporary: string, now: number): Promise<boolean> {
  const found = await readLock(temporary).catch(() => null);
  if (found?.lifeSign === 'dead') return true;
  if (found?.lifeSign === 'alive') return false;
  const there = await stat(temporary).catch(() => null);
  return there !== null && now - there.mtimeMs >= ABANDONED_MS;
}

/** @returns Whether the name was free. */
async function linked(temporary: string, name: string): Promise<boolean> {
  try {
    await link(temporary, name);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function writeSynced(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx', 0o644);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function hold(file: string, initial: LockHolder): Promise<HeldLock> {
  let holder = initial;
  let handle: FileHandle = await open(file, 'r+');
  let count = 0;
  const isOurs = async () => (await readLock(file))?.holder.holder === holder.holder;
  return {
    get holder() {
      return holder;
    },
    async beat() {
      // Into the file that was made here, whatever has the name now: nobody else's lock is touched.
      count += 1;
      try {
        await handle.write(renderBeat(count), render(holder, count).beatOffset);
        await handle.datasync();
      } catch (error) {
        // A network's file system does not let a file be written that another machine has replaced.
        if (await isOurs()) throw error;
        return false;
      }
      return isOurs();
    },
    async rewrite(next) {
      const temporary = temporaryName(file);
      try {
        await writeSynced(temporary, render(next, count).text);
        await rename(temporary, file);
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
      holder = next;
      await handle.close();
      handle = await open(file, 'r+');
    },
    async release() {
      await handle.close();
      if (await isOurs()) await rm(file, { force: true });
    },
  };
}
