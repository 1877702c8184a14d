import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { PassThrough, type Writable } from 'node:stream';
import { finished } from 'node:stream/promises';

import { createLineSplitter } from '../../remote/lines.js';
import type { Redactor } from '../../remote/redaction.js';

/** A hook that prints without end must not fill the disk. */
const FILE_LIMIT = 16 * 1024 * 1024;
/** A line that gets longer than this is written in pieces. */
const LINE_LIMIT = 64 * 1024;
/** From here the last lines are taken. */
const TAIL_BYTES = 16 * 1024;

/** Both streams of a hook in one file, line by line, with known secrets masked. */
export interface HookOutput {
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Resolves once all is in the file, with the reason why it is not. */
  close(): Promise<string | null>;
  /** The newest lines, oldest first. After `close`. */
  lastLines(count: number): readonly string[];
}

/**
 * @param file Absolute; what is there already is kept.
 * @param title A line before what the hook prints.
 */
export async function openHookOutput(
  file: string,
  title: string,
  redactor: Redactor,
): Promise<HookOutput> {
  const log = await openFile(file);
  let written = 0;
  let tail: Buffer = Buffer.alloc(0);
  const write = (bytes: Buffer) => {
    tail = Buffer.from(Buffer.concat([tail, bytes.subarray(-TAIL_BYTES)]).subarray(-TAIL_BYTES));
    if (written >= FILE_LIMIT) return;
    const room = FILE_LIMIT - written;
    written += bytes.length;
    log.write(bytes.subarray(0, room));
    if (bytes.length >= room) log.write(`\n… the rest is not kept: it is more than 16 MiB\n`);
  };
  log.write(`==> ${redactor.text(title)}\n`);
  const stdout = intoLines(redactor, write);
  const stderr = intoLines(redactor, write);
  let closing: Promise<string | null> | undefined;
  return {
    stdout: stdout.sink,
    stderr: stderr.sink,
    close() {
      closing ??= (async () => {
        await Promise.all([stdout.end(), stderr.end()]);
        return log.close();
      })();
      return closing;
    },
    lastLines(count) {
      const splitter = createLineSplitter();
      const lines = [...splitter.push(tail), ...splitter.end()];
      const isSaying = (line: string) => line.trim() !== '';
      const first = lines.findIndex(isSaying);
      // Blank lines around it tell nothing.
      return first < 0 ? [] : lines.slice(first, lines.findLastIndex(isSaying) + 1).slice(-count);
    },
  };
}

/** Whole lines, so that two streams in one file do not tear each other's. */
function intoLines(redactor: Redactor, write: (bytes: Buffer) => void) {
  const sink = new PassThrough();
  const masked = sink.pipe(redactor.stream());
  let partial: Buffer = Buffer.alloc(0);
  masked.on('data', (chunk: Buffer) => {
    const bytes = partial.length === 0 ? chunk : Buffer.concat([partial, chunk]);
    const end = bytes.length > LINE_LIMIT ? bytes.length : bytes.lastIndexOf('\n') + 1;
    if (end > 0) write(bytes.subarray(0, end));
    partial = Buffer.from(bytes.subarray(end));
  });
  return {
    sink,
    async end() {
      const over = finished(masked);
      sink.end();
      await over;
      if (partial.length > 0) write(Buffer.concat([partial, Buffer.from('\n')]));
      partial = Buffer.alloc(0);
    },
  };
}

interface LogFile {
  write(text: Buffer | string): void;
  close(): Promise<string | null>;
}

/** A hook is worth more than its log: where that cannot be written, it runs all the same, and the user is told. */
async function openFile(file: string): Promise<LogFile> {
  try {
    await mkdir(path.dirname(file), { recursive: true });
  } catch (error) {
    return unwritable(error as Error);
  }
  const stream = createWriteStream(file, { flags: 'a' });
  const over = finished(stream).then(
    () => null,
    (error: unknown) => (error as Error).message,
  );
  return {
    write(text) {
      if (!stream.destroyed) stream.write(text);
    },
    close() {
      stream.end();
      return over;
    },
  };
}

function unwritable({ message }: Error): LogFile {
  return { write: () => undefined, close: () => Promise.resolve(message) };
}
