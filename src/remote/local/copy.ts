import { createHash } from 'node:crypto';
import { chmod, mkdir, realpath, rm, stat, symlink } from 'node:fs/promises';
import path from 'node:path';

import { createFailure, type Outcome } from '../../model/failure.js';
import type { TransferOptions, TransferSummary } from '../connection.js';
import { transferFailure } from '../transfer/failure.js';
import { type TreeEntry, joinBytes, scanFolder } from '../transfer/scan.js';
import { copyFile } from './copy-file.js';

/** Enough to keep the disk busy with many small files. */
const AT_ONCE = 8;
const PART = Buffer.from('.part');
/** In bytes: NAME_MAX of the file systems in use, less what `.part` takes. */
const LONGEST_NAME = 250;

/**
 * Copies a file, or the content of a directory.
 *
 * @param node Named in the failure.
 * @param from Absolute.
 * @param to Absolute; parents are made.
 */
export async function copyTree(
  node: string,
  from: string,
  to: string,
  options: TransferOptions = {},
): Promise<Outcome<TransferSummary>> {
  const { signal, onProgress } = options;
  let files = 0;
  let bytes = 0;
  const progress: Progress = {
    signal,
    onBytes(count) {
      bytes += count;
      onProgress?.({ files, bytes });
    },
    onFile() {
      files += 1;
      onProgress?.({ files, bytes });
    },
  };
  try {
    signal?.throwIfAborted();
    if ((await stat(from)).isDirectory()) {
      await copyFolder(Buffer.from(from), Buffer.from(to), progress);
    } else {
      await mkdir(path.dirname(to), { recursive: true });
      const file = await realpath(from, { encoding: 'buffer' });
      await copyOneFile(file, Buffer.from(to), () => false, progress);
    }
    return { ok: true, value: { files, bytes } };
  } catch (error) {
    const failure = signal?.aborted
      ? createFailure('cancelled', `copying ${from} to ${to} was cancelled`, { node })
      : transferFailure(error, node, from, to);
    return { ok: false, failure };
  }
}

interface Progress {
  readonly signal: AbortSignal | undefined;
  readonly onBytes: (count: number) => void;
  readonly onFile: () => void;
}

async function copyFolder(from: Buffer, to: Buffer, progress: Progress): Promise<void> {
  const entries = await scanFolder(from, progress.signal);
  const names = new Set(entries.map((entry) => entry.path.toString('latin1')));
  const folders = entries.filter((entry) => entry.type === 'directory');
  await mkdir(to, { recursive: true });
  for (const folder of folders) await mkdir(joinBytes(to, folder.path), { recursive: true });

  // Shared by all who copy: each takes the next one, until one of them fails.
  const queue = entries.values();
  const errors: unknown[] = [];
  const copyOn = async () => {
    for (const entry of queue) {
      if (errors.length > 0) return;
      await copyEntry(entry, from, to, names, progress).catch((error: unknown) => {
        errors.push(error);
      });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, copyOn));
  if (errors.length > 0) throw errors[0];

  // Last, deepest first: a folder that may not be written to could not have been filled.
  for (const folder of folders.reverse()) await chmod(joinBytes(to, folder.path), folder.mode);
}

async function copyEntry(
  entry: TreeEntry,
  from: Buffer,
  to: Buffer,
  names: ReadonlySet<string>,
  progress: Progress,
): Promise<void> {
  const target = joinBytes(to, entry.path);
  switch (entry.type) {
    case 'directory':
      return;
    case 'link':
      await rm(target, { force: true });
      await symlink(entry.target, target);
      return;
    case 'file': {
      const isTaken = (path: Buffer) => names.has(path.subarray(to.length + 1).toString('latin1'));
      await copyOneFile(joinBytes(from, entry.path), target, isTaken, progress);
    }
  }
}

/** @param isTaken Whether this copy brings a file of this name, which the incomplete one must not stand in for. */
async function copyOneFile(
  from: Buffer,
  to: Buffer,
  isTaken: (path: Buffer) => boolean,
  { signal, onBytes, onFile }: Progress,
): Promise<void> {
  const part = Buffer.concat([to, PART]);
  const isFree = nameOf(to).length <= LONGEST_NAME && !isTaken(part);
  await copyFile(from, to, isFree ? part : hashedPart(to), { signal, onBytes });
  onFile();
}

function hashedPart(file: Buffer): Buffer {
  const name = nameOf(file);
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 32);
  const folder = file.subarray(0, file.length - name.length);
  return Buffer.concat([folder, Buffer.from(hash), PART]);
}

function nameOf(file: Buffer): Buffer {
  return file.subarray(file.lastIndexOf('/') + 1);
}
