import { constants } from 'node:fs';
import { type FileHandle, open, rename, unlink } from 'node:fs/promises';

import { SourceChanged } from '../transfer/failure.js';
import { permissions } from '../transfer/scan.js';

export interface CopyFileOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told of every further so many bytes. */
  readonly onBytes: (count: number) => void;
}

const CHUNK = 1024 * 1024;
/** How often the end of a file that grows meanwhile is caught up with. */
const ROUNDS = 20;

/**
 * Copies the content, the mode and the time of a file. The name appears when the copy is complete; what was begun is
 * removed again when it fails.
 *
 * @param part Where the incomplete copy lies, in the same folder.
 * @throws SourceChanged, or what the file system says.
 */
export async function copyFile(
  from: Buffer,
  to: Buffer,
  part: Buffer,
  options: CopyFileOptions,
): Promise<void> {
  const source = await open(from, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
    const copy = await open(part, flags, 0o600);
    try {
      await copyContent(source, copy, from, options);
      const { mode, atime, mtime } = await source.stat();
      await copy.utimes(atime, mtime);
      await copy.chmod(permissions(mode));
    } catch (error) {
      await copy.close();
      await unlink(part);
      throw error;
    }
    await copy.close();
    await rename(part, to);
  } finally {
    await source.close();
  }
}

async function copyContent(
  source: FileHandle,
  copy: FileHandle,
  name: Buffer,
  { signal, onBytes }: CopyFileOptions,
): Promise<void> {
  const { size } = await source.stat();
  const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(CHUNK, size + 1)));
  let copied = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    for (;;) {
      signal?.throwIfAborted();
      const { bytesRead } = await source.read(buffer, 0, buffer.length, copied);
      if (bytesRead === 0) break;
      await writeAll(copy, buffer.subarray(0, bytesRead), copied);
      copied += bytesRead;
      onBytes(bytesRead);
    }
    const now = await source.stat();
    if (now.size === copied) {
      const { size: written } = await copy.stat();
      if (written !== copied) throw new SourceChanged(`${name.toString()}: the copy is short`);
      return;
    }
    if (now.size < copied) throw new SourceChanged(`${name.toString()} became shorter meanwhile`);
  }
  throw new SourceChanged(`${name.toString()} grows faster than it can be copied`);
}

async function writeAll(file: FileHandle, data: Buffer, position: number): Promise<void> {
  for (let done = 0; done < data.length;) {
    const { bytesWritten } = await file.write(data, done, data.length - done, position + done);
    done += bytesWritten;
  }
}
