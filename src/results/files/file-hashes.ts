import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';

import pLimit from 'p-limit';

import { isMissing } from './file-failure.js';

/** Enough to keep a disk busy; hashing itself takes one core. */
const AT_ONCE = 4;
/** In bytes. */
const CHUNK = 256 * 1024;
const SLASH = Buffer.from('/');

/** The fingerprint of a file's bytes. */
export interface FileHash {
  /** Relative to the folder that was asked about, with `/`. */
  readonly path: string;
  /** Where it is not UTF-8, which `path` cannot say: percent-encoded (RFC 3986). */
  readonly path_encoded?: string;
  /** Who may read, write and execute it: `0755`. */
  readonly mode: string;
  readonly size: number;
  readonly sha256: string;
}

/**
 * The fingerprints of all files in some of a folder's subfolders, sorted by path. Links are no files of their own.
 *
 * @param folder Absolute.
 * @param below Subfolders, `.` for the folder itself; those that are not there hold nothing.
 * @throws What the file system says.
 */
export async function hashFiles(
  folder: string,
  below: readonly string[] = ['.'],
): Promise<readonly FileHash[]> {
  const root = Buffer.from(folder);
  const starts = below.map((name) => Buffer.from(name === '.' ? '' : name));
  const files = (await Promise.all(starts.map((start) => listFiles(root, start)))).flat();
  const limit = pLimit(AT_ONCE);
  const hashes = await Promise.all(files.map((file) => limit(() => hashFile(root, file))));
  return hashes.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

/** Names are bytes: what was collected from a node need not be UTF-8. */
async function listFiles(root: Buffer, folder: Buffer): Promise<Buffer[]> {
  const options = { withFileTypes: true, encoding: 'buffer' } as const;
  const entries = await readdir(join(root, folder), options).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  const folders = entries.filter((entry) => entry.isDirectory());
  const files = entries.filter((entry) => entry.isFile());
  const nested = await Promise.all(folders.map(({ name }) => listFiles(root, join(folder, name))));
  return [...files.map(({ name }) => join(folder, name)), ...nested.flat()];
}

async function hashFile(root: Buffer, file: Buffer): Promise<FileHash> {
  const path = file.toString();
  const isExact = Buffer.from(path).equals(file);
  return {
    path,
    ...(isExact ? {} : { path_encoded: percentEncode(file) }),
    ...(await hashFileAt(join(root, file))),
  };
}

function percentEncode(path: Buffer): string {
  const encode = (character: string) =>
    `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  return path.toString('latin1').replace(/[^A-Za-z0-9\-._~/]/g, encode);
}

/**
 * The fingerprint of one file.
 *
 * @param file Absolute.
 * @throws What the file system says.
 */
export async function hashFileAt(file: string | Buffer): Promise<Omit<FileHash, 'path'>> {
  const hash = createHash('sha256');
  const { mode } = await stat(file);
  let size = 0;
  const stream = createReadStream(file, { highWaterMark: CHUNK });
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    hash.update(chunk);
  }
  return {
    mode: (mode & 0o777).toString(8).padStart(4, '0'),
    size,
    sha256: hash.digest('hex'),
  };
}

function join(folder: Buffer, name: Buffer): Buffer {
  if (folder.length === 0) return name;
  return name.length === 0 ? folder : Buffer.concat([folder, SLASH, name]);
}
