import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { type Frame, FrameScanner } from '../../../../../src/remote/ssh/shell/frame-scanner.js';

const TOKEN = '5f1c09d2b7e84a36f0c1d98e7b2a4356';

function scan(chunks: readonly Buffer[]) {
  const data: Buffer[] = [];
  const frames: Frame[] = [];
  const scanner = new FrameScanner(
    TOKEN,
    (bytes) => data.push(bytes),
    (frame) => frames.push(frame),
  );
  for (const chunk of chunks) scanner.push(chunk);
  scanner.flush();
  return { data: Buffer.concat(data), frames };
}

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let start = 0;
  for (const size of sizes) {
    chunks.push(bytes.subarray(start, start + size));
    start += size;
  }
  return [...chunks, bytes.subarray(start)];
}

describe('markers of a shell in a stream', () => {
  it('are found in the middle of a line, and leave the bytes around them as they are', () => {
    const { data, frames } = scan([Buffer.from(`no newline${TOKEN}X 7\nrest`)]);
    expect(data.toString()).toBe('no newlinerest');
    expect(frames).toEqual([{ mark: 'X', words: '7' }]);
  });

  it('are found however the stream is cut, among any bytes', () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
      // What begins like a token and is none.
      fc.integer({ min: 1, max: TOKEN.length - 1 }).map((n) => Buffer.from(TOKEN.slice(0, n))),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(piece, fc.nat(999)), { minLength: 1, maxLength: 5 }),
        fc.array(fc.nat(30), { maxLength: 20 }),
        (parts, sizes) => {
          const whole = parts.map(([bytes, n]) =>
            Buffer.concat([bytes, Buffer.from(`${TOKEN}X ${n}\n`)]),
          );
          const { data, frames } = scan(cut(Buffer.concat(whole), sizes));
          expect(data).toEqual(Buffer.concat(parts.map(([bytes]) => bytes)));
          expect(frames.map(({ words }) => Number(words))).toEqual(parts.map(([, n]) => n));
        },
      ),
    );
  });

  it('do not keep a line of any length in memory that only looks like one', () => {
    const { frames } = scan([Buffer.from(TOKEN), Buffer.alloc(10_000, 'x')]);
    expect(frames).toHaveLength(1);
  });
});
