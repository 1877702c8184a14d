import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

import { SourceChanged } from '../../failure.js';

/** How often the end of a file that grows meanwhile is caught up with. */
const ROUNDS = 20;
/** Not blocking: a pipe that took the place of a file would otherwise be waited for. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

export interface OpenFile {
  readonly descriptor: number;
  readonly name: string;
  readonly mode: number;
  readonly size: number;
  /** Seconds since the epoch. */
  readonly mtime: number;
}

/**
 * Opens a file, and closes it when the work is done. Synchronously, as everything for small files: 20,000 of them take
 * 0.3 s of processor time so, and 3 s through promises.
 */
export function withFile<T>(path: Buffer, work: (file: OpenFile) => T): T {
  const descriptor = openSync(path, FLAGS);
  try {
    const status = fstatSync(descriptor);
    const name = path.toString();
    if (!status.isFile()) throw new SourceChanged(`${name} is no file any more`);
    const { mode, size, mtimeMs } = status;
    return work({ descriptor, name, mode, size, mtime: mtimeMs / 1000 });
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Reads a file of which it was said how long it is.
 *
 * @param room Longer than that.
 * @returns How many bytes there were up to the end of the file; `null` where `room` did not hold all of them.
 * @throws SourceChanged
 */
export function readInto(room: Buffer, { descriptor, name, size }: OpenFile): number | null {
  let length = 0;
  for (;;) {
    const count = readSync(descriptor, room, length, room.length - length, length);
    length += count;
    if (length === room.length) return null;
    // It was asked for more, so what came short of that is the end of the file; no second question is needed.
    if (count === 0 || length >= size) break;
  }
  if (length < size) throw new SourceChanged(`${name} became shorter meanwhile`);
  return length;
}

/**
 * The whole content of a file.
 *
 * @throws SourceChanged
 */
export function readWhole(file: OpenFile): Buffer {
  let room = file.size + 1;
  for (let round = 0; round < ROUNDS; round += 1) {
    const buffer = Buffer.allocUnsafeSlow(room);
    const length = readInto(buffer, file);
    if (length !== null) return buffer.subarray(0, length);
    room = Math.max(2 * room, fstatSync(file.descriptor).size + 1);
  }
  throw new SourceChanged(`${file.name} grows faster than it can be copied`);
}
