import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createLineSink, createLineSplitter } from '../../../src/remote/lines.js';

function split(chunks: readonly (string | Buffer)[], maxLength?: number): string[] {
  const splitter = createLineSplitter(maxLength === undefined ? {} : { maxLength });
  return [...chunks.flatMap((chunk) => splitter.push(Buffer.from(chunk))), ...splitter.end()];
}

describe('splitting output into lines', () => {
  it('gives whole lines, and the last one also without its end', () => {
    expect(split(['a\nb', 'c\n\nd'])).toEqual(['a', 'bc', '', 'd']);
    expect(split(['a\n'])).toEqual(['a']);
    expect(split([])).toEqual([]);
  });

  it('takes the carriage return off a line from Windows, also split over chunks', () => {
    expect(split(['a\r\nb\r', '\nc'])).toEqual(['a', 'b', 'c']);
  });

  it('shows what a terminal would show of a line that was overwritten', () => {
    expect(split(['10 %\r20 %\r', '30 %\ndone\n'])).toEqual(['30 %', 'done']);
    expect(split(['half\r'])).toEqual(['half']);
  });

  it('tells what a line says that is written over and over', () => {
    const seen: string[] = [];
    const splitter = createLineSplitter({ onRewrite: (text) => seen.push(text) });
    const lines = ['plain\n', '\r10 %', '\r20 %', '\r100 %\n', 'after', '\n'].flatMap((text) =>
      splitter.push(Buffer.from(text)),
    );
    expect(seen).toEqual(['10 %', '20 %']);
    expect(lines).toEqual(['plain', '100 %', 'after']);
  });

  it('puts characters together that were cut in two', () => {
    const bytes = Buffer.from('grüße 漢字 🙂\n');
    expect(split([...bytes].map((byte) => Buffer.of(byte)))).toEqual(['grüße 漢字 🙂']);
  });

  it('cuts endless lines, but no character', () => {
    expect(split(['abcdefgh\nij'], 3)).toEqual(['abc', 'def', 'gh', 'ij']);
    expect(split(['a🙂🙂b'], 2)).toEqual(['a', '🙂', '🙂', 'b']);
    const splitter = createLineSplitter({ maxLength: 10 });
    const lines = Array.from({ length: 100 }, () => splitter.push(Buffer.alloc(1_000, 'x'))).flat();
    expect(lines.length).toBeGreaterThan(9_900);
  });

  it('gives the same however the bytes are cut into chunks', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'ü', '\n', '\r\n', '\r', 'word', '🙂')),
        fc.array(fc.integer({ min: 0, max: 60 })),
        (parts, cuts) => {
          const data = Buffer.from(parts.join(''));
          const places = [
            0,
            ...cuts.filter((cut) => cut < data.length).sort((a, b) => a - b),
            data.length,
          ];
          const chunks = places.slice(1).map((end, index) => data.subarray(places[index], end));
          expect(split(chunks)).toEqual(split([data]));
        },
      ),
    );
  });

  it('works as a sink', async () => {
    const lines: string[] = [];
    const sink = createLineSink((line) => lines.push(line));
    sink.write('one\ntw');
    sink.write('o');
    await new Promise<void>((resolve) => sink.end(resolve));
    expect(lines).toEqual(['one', 'two']);
  });
});
