import { isUtf8 } from 'node:buffer';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

import type { SourceFile } from './file.js';

/** Nobody writes a configuration file this long; something else lies there by mistake. */
export const MAX_FILE_BYTES = 1024 * 1024;

export type ReadResult =
  | { readonly ok: true; readonly file: SourceFile }
  | { readonly ok: false; readonly problem: ReadProblem };

/** Why a file could not be read as text. */
export interface ReadProblem {
  readonly isMissing: boolean;
  readonly message: string;
  readonly hint: string;
  /** 1-based. */
  readonly line: number;
}

/**
 * Reads a configuration file: a regular file of valid UTF-8 of at most `MAX_FILE_BYTES`. A byte order mark is dropped.
 *
 * Reads synchronously: for some hundred small files on a local disk that takes a quarter of the time that the thread
 * pool needs, and nothing else goes on while a project is loaded.
 *
 * @param path Absolute.
 * @param name What the user is told.
 */
export function readSource(path: string, name: string): ReadResult {
  const bytes = readRegularFile(path);
  if (!Buffer.isBuffer(bytes)) return { ok: false, problem: bytes };
  const problem = findEncodingProblem(bytes);
  if (problem) return { ok: false, problem };
  const text = bytes.toString('utf8');
  return { ok: true, file: { name, path, text: text.startsWith('\uFEFF') ? text.slice(1) : text } };
}

function readRegularFile(path: string): Buffer | ReadProblem {
  let descriptor: number | undefined;
  try {
    // Without O_NONBLOCK, opening a named pipe would wait for somebody to write to it.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = fstatSync(descriptor);
    if (stats.isDirectory()) return problem('is a directory, not a file', '');
    if (!stats.isFile()) return problem('is not a regular file', '');
    if (stats.size > MAX_FILE_BYTES) {
      return problem(
        `is ${(stats.size / MAX_FILE_BYTES).toFixed(1)} MiB long; configuration files may have at most 1 MiB`,
        'keep data in files of its own and name them in the configuration',
      );
    }
    return readAll(descriptor, stats.size);
  } catch (error) {
    return explain(error);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** One read of the size that the file has is one call less than `readFileSync` makes, three hundred times. */
function readAll(descriptor: number, size: number): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  let length = 0;
  while (length < size) {
    const count = readSync(descriptor, bytes, length, size - length, length);
    if (count === 0) break;
    length += count;
  }
  return bytes.subarray(0, length);
}

function explain(error: unknown): ReadProblem {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return { isMissing: true, message: 'does not exist', hint: '', line: 1 };
    case 'EACCES':
    case 'EPERM':
      return problem('cannot be read: permission denied', 'check the permissions of the file');
    case 'ELOOP':
      return problem('cannot be read: its symbolic links go round in a circle', '');
    default:
      return problem(
        `cannot be read: ${error instanceof Error ? error.message : String(error)}`,
        '',
      );
  }
}

function findEncodingProblem(bytes: Buffer): ReadProblem | undefined {
  const isUtf16 =
    (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (isUtf16) return problem('is not UTF-8 but UTF-16', 'save it as UTF-8');
  const nul = bytes.indexOf(0);
  if (nul !== -1) {
    return problem('is not a text file: it contains NUL bytes', '', lineOf(bytes, nul));
  }
  if (isUtf8(bytes)) return undefined;
  return problem('is not valid UTF-8', 'save it as UTF-8', lineOf(bytes, findInvalidUtf8(bytes)));
}

function problem(message: string, hint: string, line = 1): ReadProblem {
  return { isMissing: false, message, hint, line };
}

function lineOf(bytes: Buffer, offset: number): number {
  let line = 1;
  for (let at = bytes.indexOf(10); at !== -1 && at < offset; at = bytes.indexOf(10, at + 1)) line++;
  return line;
}

/** The start of the first line that is not valid: no character of UTF-8 goes across a line end. */
function findInvalidUtf8(bytes: Buffer): number {
  let start = 0;
  while (start < bytes.length) {
    const newline = bytes.indexOf(10, start);
    const end = newline === -1 ? bytes.length : newline + 1;
    if (!isUtf8(bytes.subarray(start, end))) return start;
    start = end;
  }
  return 0;
}
