import { createHash } from 'node:crypto';

import type { Clock } from '../../../../async/clock.js';
import { type TreeEntry, joinBytes, permissions } from '../../scan.js';
import type { Moded } from '../moded.js';
import type { Progress } from '../progress.js';
import { CHUNK, ChunkWriter } from './chunk-writer.js';
import { planModes } from './modes.js';
import { type OpenFile, readInto, readWhole, withFile } from './read-whole.js';
import type { TarHeader } from './tar-header.js';

/** Files from this size on go singly: what is read into memory is bounded, and their digest is made on the way. */
const LARGE = 32 * 1024 * 1024;
/** Reading many small files keeps everything else waiting; not for longer than this. */
const SLICE_MS = 20;

const TREE = Buffer.from('tree/');
const CURRENT = Buffer.from('./');
const END = Buffer.from([0]);
/** Of the number in the name of a list of modes, so that their order is that of their names. */
const MODE_DIGITS = 6;

export interface PackOptions {
  readonly clock: Clock;
  readonly progress: Progress;
  /** Told of every file that is left out because it is large. */
  readonly onLarge: (path: Buffer) => void;
  /** Asked when all files have been read: whether the modes of folders are part of this stream, too. */
  readonly withFolderModes: () => boolean;
}

/**
 * Makes the tar stream that `RECEIVE_FOLDER` wants. Each file is read to its end before its header is written, so that the
 * header tells the truth about a file that grows.
 *
 * @param root Absolute.
 * @throws SourceChanged, or what the file system says.
 */
export async function* packFolder(
  root: Buffer,
  entries: readonly TreeEntry[],
  { clock, progress, onLarge, withFolderModes }: PackOptions,
): AsyncGenerator<Buffer, string, undefined> {
  const writer = new ChunkWriter();
  const hash = createHash('sha256');
  const list: Buffer[] = [];
  const folders: Moded[] = [];
  const files: Moded[] = [];
  let sliceEnd = clock.monotonic() + SLICE_MS;

  for (const entry of entries) {
    const name = Buffer.concat([TREE, entry.path]);
    switch (entry.type) {
      case 'directory':
        folders.push(entry);
        yield* writer.add(
          { ...headerOf('directory', name, entry.mode | 0o700), mtime: entry.mtime },
          NOTHING,
        );
        break;
      case 'link':
        yield* writer.add({ ...headerOf('link', name, 0o777), target: entry.target }, NOTHING);
        break;
      case 'file': {
        const path = joinBytes(root, entry.path);
        const read = withFile(path, (file) => readFile(writer, name, file));
        if (read === 'large') {
          onLarge(entry.path);
          break;
        }
        const { header, content, mode } = read;
        if (content.isInChunk) {
          writer.addRead(header);
          progress.addBytes(header.size);
        } else {
          yield* writer.add(header, content.bytes, progress.addBytes);
        }
        if (mode !== header.mode) files.push({ path: entry.path, mode });
        hash.update(content.bytes);
        list.push(CURRENT, entry.path, END);
        progress.addFiles(1);
      }
    }
    if (CHUNK - writer.waiting < 2048 || clock.monotonic() > sliceEnd) {
      yield* writer.take();
      // A consumer that takes everything at once would not let anything else happen.
      await new Promise(setImmediate);
      sliceEnd = clock.monotonic() + SLICE_MS;
    }
  }

  const modes = withFolderModes() ? [...folders, ...files] : files;
  for (const [index, { mode, names }] of planModes(modes).entries()) {
    const name = `modes/${String(index).padStart(MODE_DIGITS, '0')}.${mode.toString(8).padStart(4, '0')}`;
    yield* writer.add(headerOf('file', Buffer.from(name), 0o600, names.length), names);
  }
  const names = Buffer.concat(list);
  yield* writer.add(headerOf('file', Buffer.from('list'), 0o600, names.length), names);
  const digest = hash.digest('hex');
  const line = Buffer.from(`${digest}\n`);
  yield* writer.add(headerOf('file', Buffer.from('sha256'), 0o600, line.length), line);
  yield* writer.end();
  return digest;
}

const NOTHING = Buffer.alloc(0);

function headerOf(type: TarHeader['type'], name: Buffer, mode: number, size = 0): TarHeader {
  return { name, type, mode, size, mtime: 0 };
}

interface ReadFile {
  readonly header: TarHeader;
  readonly content: { readonly bytes: Buffer; readonly isInChunk: boolean };
  /** The one it gets in the end. */
  readonly mode: number;
}

function readFile(writer: ChunkWriter, name: Buffer, file: OpenFile): ReadFile | 'large' {
  if (file.size >= LARGE) return 'large';
  const mode = permissions(file.mode);
  // What cannot be read there cannot be compared.
  const header = { ...headerOf('file', name, mode | 0o400), mtime: file.mtime };
  const room = writer.roomFor(header);
  const length = room.length > file.size ? readInto(room, file) : null;
  const bytes = length === null ? readWhole(file) : room.subarray(0, length);
  return {
    header: { ...header, size: bytes.length },
    content: { bytes, isInChunk: length !== null },
    mode,
  };
}
