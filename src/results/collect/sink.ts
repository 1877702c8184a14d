import { Writable } from 'node:stream';

/** Keeps what is written to it, up to a limit. */
export interface Sink {
  readonly stream: Writable;
  readonly content: () => Buffer;
  /** There was more than the limit; the content ends there. */
  readonly isFull: () => boolean;
}

/** @param limit In bytes. */
export function createSink(limit: number): Sink {
  const chunks: Buffer[] = [];
  let size = 0;
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (size < limit) chunks.push(chunk);
      size += chunk.length;
      done();
    },
  });
  return {
    stream,
    content: () => Buffer.concat(chunks).subarray(0, limit),
    isFull: () => size > limit,
  };
}
