import {
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  futimesSync,
  lstatSync,
  mkdirSync,
  openSync,
  writeSync,
} from 'node:fs';

import { type Extract, type Header, extract } from 'tar-stream';

import { joinBytes } from '../../scan.js';
import { EntryRefused } from '../errors.js';
import type { Moded } from '../moded.js';
import type { Progress } from '../progress.js';
import { safeName } from './entry-name.js';
import type { IncomingLink } from './links.js';

/** Of names, which are kept until the end: more than that is no folder anybody wants here. */
const MOST_ENTRIES = 2_000_000;
const MOST_NAME_BYTES = 256 * 1024 * 1024;

/** Unpacks a tar stream from a node that is not trusted. */
export interface Unpacker {
  readonly write: (data: Buffer) => Promise<void>;
  /** Resolves when all of the stream is unpacked. */
  readonly finish: () => Promise<void>;
  /** Closes what is open. */
  readonly dispose: () => void;
  /** Folders, with the modes they are to get when everything is in its place. */
  readonly folders: readonly Moded[];
  /** What is to be made when nothing is written into the tree any more. */
  readonly links: readonly IncomingLink[];
}

/**
 * Only files and folders are made, all of them new: whatever the stream holds, nothing is written through a link. Files
 * are written synchronously, many of them for each chunk that comes.
 *
 * @param tree Where to; an empty folder.
 */
export function createUnpacker(tree: Buffer, progress: Progress): Unpacker {
  const folders: Moded[] = [];
  const links: IncomingLink[] = [];
  const stream: Extract = extract({ filenameEncoding: 'latin1' } as object);
  let descriptor: number | null = null;
  let entries = 0;
  let nameBytes = 0;
  let failure: { readonly error: unknown } | null = null;
  let isFinished = false;
  let wake = (): void => undefined;

  stream.on('entry', (header, content, next) => {
    const guard = (action: () => void) => {
      try {
        if (!failure) action();
      } catch (error) {
        failure = { error };
        stream.destroy();
        wake();
      }
    };
    guard(() => begin(header));
    content.on('data', (data) => guard(() => writeFully(data as Buffer)));
    content.on('end', () => {
      guard(() => {
        end(header);
        next();
      });
    });
    content.resume();
  });
  stream.on('drain', () => wake());
  stream.on('finish', () => {
    isFinished = true;
    wake();
  });
  stream.on('error', (error: unknown) => {
    failure ??= {
      error: new EntryRefused(`what the node sent is no tar stream: ${String(error)}`),
    };
    wake();
  });
  stream.on('close', () => wake());

  function begin(header: Header): void {
    const name = safeName(rawName(header.name, extendedOf(header)['path']));
    entries += 1;
    nameBytes += name.length + linkName(header).length;
    if (entries > MOST_ENTRIES || nameBytes > MOST_NAME_BYTES) {
      throw new EntryRefused('the node sends more names than can be kept in memory');
    }
    const path = joinBytes(tree, name);
    // There are more than the definitions know.
    const type: string = header.type;
    switch (type) {
      case 'directory':
        if (name.length === 0) return;
        mkdirSync(path, { mode: 0o700 });
        folders.push({ path: name, mode: modeOf(header) });
        return;
      case 'file':
      case 'contiguous-file': {
        const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
        descriptor = openSync(path, flags | constants.O_NOFOLLOW, 0o600);
        return;
      }
      case 'symlink':
        links.push({ path: name, target: Buffer.from(linkName(header), 'latin1') });
        return;
      case 'link': {
        const first = joinBytes(tree, safeName(linkName(header)));
        const status = lstatSync(first);
        if (!status.isFile())
          throw new EntryRefused('the node sent a hard link to what is no file');
        copyFileSync(first, path, constants.COPYFILE_EXCL);
        progress.addBytes(status.size);
        descriptor = openSync(path, constants.O_WRONLY | constants.O_NOFOLLOW);
        return;
      }
      case 'character-device':
      case 'block-device':
      case 'fifo':
        // No content, as on the way up.
        return;
      default:
        throw new EntryRefused(`the node sent ${name.toString()}, of an unknown kind`);
    }
  }

  function writeFully(data: Buffer): void {
    if (descriptor === null) return;
    for (let done = 0; done < data.length;) done += writeSync(descriptor, data, done);
    progress.addBytes(data.length);
  }

  function end(header: Header): void {
    if (descriptor === null) return;
    const mtime = header.mtime;
    futimesSync(descriptor, mtime, mtime);
    fchmodSync(descriptor, modeOf(header));
    closeOpen();
    progress.addFiles(1);
  }

  function closeOpen(): void {
    if (descriptor !== null) closeSync(descriptor);
    descriptor = null;
  }

  async function settle(isDone: () => boolean): Promise<void> {
    while (!failure && !isDone()) await new Promise<void>((resolve) => (wake = resolve));
    if (failure) throw failure.error;
  }

  return {
    folders,
    links,
    async write(data) {
      let isDrained = stream.write(data);
      if (isDrained) {
        if (failure) throw (failure as { error: unknown }).error;
        return;
      }
      stream.once('drain', () => (isDrained = true));
      await settle(() => isDrained);
    },
    async finish() {
      stream.end(null);
      await settle(() => isFinished);
    },
    dispose() {
      closeOpen();
      stream.destroy();
    },
  };
}

/** The extension for long names of POSIX holds UTF-8, which was decoded; all others are a byte to a character. */
function rawName(name: string | null, extended: string | undefined): string {
  return extended === undefined ? (name ?? '') : Buffer.from(extended).toString('latin1');
}

function extendedOf({ pax }: Header): Readonly<Record<string, string | undefined>> {
  return (pax ?? {}) as Record<string, string>;
}

function linkName(header: Header): string {
  return rawName(header.linkname, extendedOf(header)['linkpath']);
}

function modeOf(header: Header): number {
  return header.mode & 0o7777;
}
