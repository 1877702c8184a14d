import { type FileHandle, open, stat } from 'node:fs/promises';

import type { Failure, Outcome } from '../../model/failure.js';
import { fileFailure } from '../../results/files/file-failure.js';

/** Room on the disk is taken in pieces of so many bytes, ahead of the lines. */
export const PIECE = 64 * 1024;
/** What of it is for lines that must not fail because somebody has filled the disk meanwhile. */
const RESERVE = 16 * 1024;
const FILLER = Buffer.alloc(PIECE, '\n');

export interface LineOptions {
  /** Resolve only once it is on the disk, not as soon as it is with the system. */
  readonly isSynced: boolean;
  /** It may use the reserve: it tells what became of something that is there already. */
  readonly isUrgent: boolean;
}

/** A file that lines are added to, one after the other. Lines that come at the same time are written and synced together. */
export interface LineFile {
  add(line: string, options: LineOptions): Promise<Outcome<void>>;
  /** Whether its name still stands for it: somebody else may have replaced or removed it. Not to be asked once it is closed. */
  isInPlace(): Promise<boolean>;
  /** Waits for what was added. Safe to call twice. */
  close(): Promise<void>;
}

interface Pending extends LineOptions {
  readonly line: string;
  readonly settle: (outcome: Outcome<void>) => void;
}

/**
 * Opens a file to add lines to it.
 *
 * @param file Absolute; it exists.
 * @param length Of its content in bytes; what follows is empty lines.
 */
export async function openLineFile(file: string, length: number): Promise<Outcome<LineFile>> {
  try {
    const handle = await open(file, 'r+');
    const { size, ino, dev } = await handle.stat({ bigint: true });
    // As long as it is open no other file can get this number.
    const isInPlace = async () => {
      const there = await stat(file, { bigint: true }).catch(() => null);
      return there?.ino === ino && there.dev === dev;
    };
    return { ok: true, value: { ...startFile(handle, file, length, Number(size)), isInPlace } };
  } catch (error) {
    return { ok: false, failure: fileFailure(error, `could not write ${file}`) };
  }
}

function startFile(
  handle: FileHandle,
  file: string,
  length: number,
  size: number,
): Omit<LineFile, 'isInPlace'> {
  let end = length;
  let allocated = size;
  let queue: Pending[] = [];
  let working: Promise<void> | null = null;
  let closed: Promise<void> | null = null;
  /** After an fsync that failed nobody knows what is on the disk. */
  let broken: Failure | null = null;

  const describe = (error: unknown) => fileFailure(error, `could not write ${file}`);
  const reach = async (needed: number): Promise<void> => {
    while (allocated < needed) {
      await writeAll(handle, FILLER, allocated);
      allocated += FILLER.length;
    }
  };
  const commit = async (batch: readonly Pending[]): Promise<void> => {
    const bytes = Buffer.from(batch.map(({ line }) => line).join(''));
    const isSynced = batch.some((each) => each.isSynced);
    await writeAll(handle, bytes, end);
    if (isSynced) {
      try {
        await handle.datasync();
      } catch (error) {
        broken = describe(error);
        throw error;
      }
    }
    end += bytes.length;
  };
  const settle = (batch: readonly Pending[], outcome: Outcome<void>) => {
    for (const each of batch) each.settle(outcome);
  };
  /** @returns What still has its place: all of it, or what may use the reserve. */
  const makeRoom = async (batch: readonly Pending[]): Promise<readonly Pending[]> => {
    const size = batch.reduce((sum, { line }) => sum + Buffer.byteLength(line), 0);
    const isUrgent = batch.every((each) => each.isUrgent);
    try {
      await reach(end + size + (isUrgent ? 0 : RESERVE));
      return batch;
    } catch (error) {
      if (isUrgent) throw error;
      settle(
        batch.filter((each) => !each.isUrgent),
        { ok: false, failure: describe(error) },
      );
      return makeRoom(batch.filter((each) => each.isUrgent));
    }
  };
  const work = async () => {
    // Whoever else comes in this turn goes along.
    await Promise.resolve();
    while (queue.length > 0) {
      let batch: readonly Pending[] = queue;
      queue = [];
      if (broken) {
        settle(batch, { ok: false, failure: broken });
        continue;
      }
      try {
        batch = await makeRoom(batch);
        await commit(batch);
        settle(batch, { ok: true, value: undefined });
      } catch (error) {
        settle(batch, { ok: false, failure: describe(error) });
      }
    }
    working = null;
  };

  return {
    add: (line, options) =>
      new Promise((resolve) => {
        queue.push({ line, ...options, settle: resolve });
        working ??= work();
      }),
    close: () =>
      (closed ??= (async () => {
        while (working) await working;
        await handle.close();
      })()),
  };
}

async function writeAll(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}
