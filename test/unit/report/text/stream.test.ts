import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Writable } from 'node:stream';

import { describe, expect, it } from 'vitest';

import { createTextStream } from '../../../../src/report/text/stream.js';

describe('a text stream', () => {
  it('ignores that its reader has gone', async () => {
    const reader = spawn('/bin/sh', ['-c', 'head -n 1 >/dev/null'], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const out = createTextStream(reader.stdin);
    out.write('one\n');
    await once(reader, 'exit');
    for (let line = 0; line < 100; line += 1) out.write(`${'x'.repeat(10_000)}\n`);
    await out.flush();
    out.write('after the end\n');
    await out.flush();
  });

  it('drops everything after the first error', async () => {
    const written: string[] = [];
    const stream = new Writable({
      write(chunk: Buffer, _encoding, done) {
        written.push(chunk.toString());
        done(written.length === 1 ? new Error('EIO') : null);
      },
    });
    const out = createTextStream(stream);
    out.write('first');
    await new Promise((resolve) => stream.on('close', resolve));
    out.write('second');
    await out.flush();
    expect(written).toEqual(['first']);
  });

  it('has no room once a slow reader has left a lot unread', () => {
    const stream = new Writable({ write: () => undefined });
    const out = createTextStream(stream);
    expect(out.hasRoom()).toBe(true);
    out.write('x'.repeat(9 * 1024 * 1024));
    expect(out.hasRoom()).toBe(false);
  });

  it('is flushed when the last text has been taken', async () => {
    let release: () => void = () => undefined;
    const stream = new Writable({
      write(_chunk, _encoding, done) {
        release = done;
      },
    });
    const out = createTextStream(stream);
    out.write('text');
    let isFlushed = false;
    const flushed = out.flush().then(() => {
      isFlushed = true;
    });
    await new Promise(setImmediate);
    expect(isFlushed).toBe(false);
    release();
    release();
    await new Promise(setImmediate);
    release();
    await flushed;
  });
});
