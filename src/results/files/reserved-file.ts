import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';

import type { Outcome } from '../../model/failure.js';
import { syncFolder, temporaryName, writeAtomically } from './atomic-file.js';
import { fileFailure } from './file-failure.js';

/** A file for which there is room, whoever fills the disk meanwhile. */
export interface ReservedFile {
  /** Writes it, whole or not at all; where the disk is full, with what room was reserved. */
  write(content: string): Promise<Outcome<void>>;
  /** Gives back what room is left. */
  release(): Promise<void>;
}

export interface Reservation {
  /** Of one write. */
  readonly bytes: number;
  /** How often it can be written on a full disk. */
  readonly writes: number;
}

/**
 * Takes the room that a file will need before anybody can fill the disk. It lies under temporary names beside it, so that
 * whoever clears up after a writer that was killed finds it.
 *
 * @param file Absolute; its folder exists.
 */
export async function reserveFile(
  file: string,
  { bytes, writes }: Reservation,
): Promise<Outcome<ReservedFile>> {
  const reserves: string[] = [];
  const release = async () => {
    for (const reserve of reserves.splice(0)) await rm(reserve, { force: true });
  };
  try {
    for (let made = 0; made < writes; made += 1) {
      const reserve = temporaryName(file);
      reserves.push(reserve);
      await fill(reserve, bytes);
    }
  } catch (error) {
    await release();
    return { ok: false, failure: fileFailure(error, `could not reserve room for ${file}`) };
  }
  return {
    ok: true,
    value: {
      async write(content) {
        const written = await writeAtomically(file, content);
        if (written.ok || written.failure.kind !== 'disk_full') return written;
        const reserve = reserves.pop();
        if (reserve === undefined) return written;
        try {
          await overwrite(reserve, content);
          await rename(reserve, file);
          await syncFolder(path.dirname(file));
          return { ok: true, value: undefined };
        } catch (error) {
          await rm(reserve, { force: true });
          return { ok: false, failure: fileFailure(error, `could not write ${file}`) };
        }
      },
      release,
    },
  };
}

async function fill(file: string, bytes: number): Promise<void> {
  await withFile(file, 'wx', (handle) => handle.writeFile(Buffer.alloc(bytes, '\n')));
}

/** Where its blocks are: what is truncated first is anybody's. */
async function overwrite(file: string, content: string): Promise<void> {
  const bytes = Buffer.from(content);
  await withFile(file, 'r+', async (handle) => {
    await handle.writeFile(bytes);
    await handle.truncate(bytes.length);
  });
}

async function withFile(
  file: string,
  flags: string,
  write: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  const handle = await open(file, flags);
  try {
    await write(handle);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
