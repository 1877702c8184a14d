import { Writable } from 'node:stream';

import { EntryRefused } from '../errors.js';

/** Takes what follows the header. */
export interface Sink {
  /** The buffers belong to it until the promise resolves. */
  readonly write: (buffers: readonly Buffer[]) => Promise<void>;
}

/** What the node says it is about to send. */
export type Announcement = AnnouncedFile | AnnouncedFolder;

export interface AnnouncedFile {
  readonly type: 'file';
  /** What comes, in bytes. */
  readonly length: number;
  readonly mode: number;
  /** Seconds since the epoch. */
  readonly mtime: number;
}

interface AnnouncedFolder {
  readonly type: 'folder';
  /** Its path without links. */
  readonly realPath: Buffer;
}

/** How far ahead of the disk the network may be. */
const BUFFERED = 4 * 1024 * 1024;
/** The longest path there is, and some words. */
const LONGEST_HEADER = 8192;

/** Reads the header of what a node sends, and hands the rest to the sink that is made for it. */
export class Intake extends Writable {
  readonly #open: (announcement: Announcement) => Promise<Sink>;
  #header = Buffer.alloc(0);
  #sink: Sink | null = null;
  #working: Promise<void> = Promise.resolve();

  constructor(open: (announcement: Announcement) => Promise<Sink>) {
    super({ highWaterMark: BUFFERED, decodeStrings: true });
    this.#open = open;
  }

  /** Resolves when the sink is not at work any more. Nothing is given to it once this is destroyed. */
  async settled(): Promise<void> {
    await this.#working.catch(() => undefined);
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#take([chunk], done);
  }

  override _writev(
    chunks: { chunk: Buffer; encoding: string }[],
    done: (error?: Error | null) => void,
  ): void {
    this.#take(
      chunks.map(({ chunk }) => chunk),
      done,
    );
  }

  #take(buffers: readonly Buffer[], done: (error?: Error | null) => void): void {
    this.#working = this.#consume(buffers);
    this.#working.then(() => done(), done);
  }

  async #consume(buffers: readonly Buffer[]): Promise<void> {
    if (this.#sink) {
      await this.#sink.write(buffers);
      return;
    }
    this.#header = Buffer.concat([this.#header, ...buffers]);
    const end = this.#header.indexOf(0);
    if (end > LONGEST_HEADER || (end < 0 && this.#header.length > LONGEST_HEADER)) {
      throw new EntryRefused('the node did not say what it is about to send');
    }
    if (end < 0) return;
    const rest = this.#header.subarray(end + 1);
    this.#sink = await this.#open(parseHeader(this.#header.subarray(0, end)));
    if (rest.length > 0) await this.#sink.write([rest]);
  }
}

const FOLDER = 'folder ';

function parseHeader(header: Buffer): Announcement {
  const text = header.toString('latin1');
  if (text.startsWith(FOLDER)) {
    return { type: 'folder', realPath: Buffer.from(header.subarray(FOLDER.length)) };
  }
  const [, length, mode = '', mtime] = /^file (\d+) ([0-7]+) (-?\d+)$/.exec(text) ?? [];
  if (length === undefined || !Number.isSafeInteger(Number(length))) {
    throw new EntryRefused(`the node announced ${JSON.stringify(text.slice(0, 200))}`);
  }
  return {
    type: 'file',
    length: Number(length),
    mode: Number.parseInt(mode, 8) & 0o7777,
    mtime: Number(mtime),
  };
}
