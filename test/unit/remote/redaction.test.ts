import { randomBytes } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { CommandResult } from '../../../src/model/command.js';
import type { Connection } from '../../../src/remote/connection.js';
import { redactConnection } from '../../../src/remote/redacted-connection.js';
import { createRedactor } from '../../../src/remote/redaction.js';

const SECRET = 'P@$$w0rd "x"/ü';

describe('masking a text', () => {
  const redactor = createRedactor([SECRET, 'token-1', 'token-12345', 'abc']);

  it('replaces every occurrence and leaves the rest', () => {
    expect(redactor.text(`a ${SECRET} b ${SECRET}${SECRET}.`)).toBe('a *** b ******.');
  });

  it('prefers the longer of two secrets', () => {
    expect(redactor.text('token-12345 token-1')).toBe('*** ***');
  });

  it('masks all of two that overlap', () => {
    const overlapping = createRedactor(['abcd1', 'bcd1234567']);
    expect(overlapping.text('<abcd1234567>')).toBe('<***>');
  });

  it('ignores secrets shorter than four characters', () => {
    expect(redactor.text('abc')).toBe('abc');
  });

  it('leaves a text alone that holds none, valid or not', () => {
    expect(redactor.text('lone \ud800 surrogate')).toBe('lone \ud800 surrogate');
    expect(createRedactor([]).text('anything')).toBe('anything');
  });

  it.each([
    ['base64', Buffer.from(SECRET).toString('base64')],
    ['base64 for URLs', Buffer.from(SECRET).toString('base64url')],
    ['percent-encoded', encodeURIComponent(SECRET)],
    [
      'percent-encoded in lower case',
      encodeURIComponent(SECRET).replaceAll(/%../g, (code) => code.toLowerCase()),
    ],
    ['a form field', new URLSearchParams({ '': SECRET }).toString().slice(1)],
    ['JSON', JSON.stringify(SECRET).slice(1, -1)],
    ['words in double quotes of a shell', String.raw`P@\$\$w0rd \"x\"/ü`],
    ['words without quotes in a shell', String.raw`P@\$\$w0rd\ \"x\"/\ü`],
    ['a value of a compose file', 'P@$$$$w0rd "x"/ü'],
  ])('knows it as %s', (_, form) => {
    expect(redactor.text(`<${form}>`)).toBe('<***>');
  });

  it('knows it in single quotes, of a shell and of YAML', () => {
    const quoted = createRedactor(["it's me"]);
    expect(quoted.text(String.raw`x='it'\''s me'; y='it'"'"'s me'; z: 'it''s me'`)).toBe(
      "x='***'; y='***'; z: '***'",
    );
  });

  it('knows each line of one of several lines, however it is indented and wherever it ends', () => {
    const key = createRedactor([
      '-----BEGIN KEY-----\nAAAABBBBCCCC\nDDDDEEEEFFFF\n\n-----END KEY-----\n',
    ]);
    expect(key.text('  AAAABBBBCCCC\r\n    DDDDEEEEFFFF')).toBe('  ***\r\n    ***');
  });

  it.each(['', 'a', 'ab', 'user:', 'another user:'])(
    'knows it inside a base64 text that begins with "%s"',
    (before) => {
      const plain = `${before}${SECRET}:and more`;
      const masked = redactor.text(Buffer.from(plain).toString('base64'));
      expect(masked).toContain('***');
      // The characters at its edges hold bits of its neighbours; no more than one byte on each side may be left.
      const visible = masked
        .split('***')
        .map((part) => Buffer.from(part, 'base64').toString('latin1'));
      expect(visible.join('|')).not.toMatch(/P@|"x|\$\$/);
    },
  );
});

describe('masking a stream', () => {
  const through = async (
    redactor: ReturnType<typeof createRedactor>,
    chunks: readonly Buffer[],
  ) => {
    const stream = redactor.stream();
    const result = buffer(stream);
    for (const chunk of chunks) stream.write(chunk);
    stream.end();
    return result;
  };

  it('gives the same however the bytes are cut into chunks', async () => {
    const piece = fc.oneof(
      fc.constantFrom('aaaa', 'aaab', 'abab', 'ab', 'a', 'b', 'needle', 'need', 'lene', '***'),
      fc.string({ maxLength: 5 }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 30 }).map((parts) => Buffer.from(parts.join(''))),
        fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 20 }),
        async (data, cuts) => {
          const redactor = createRedactor(['aaaa', 'abab', 'needle', 'eneed']);
          const places = [
            0,
            ...cuts.filter((cut) => cut < data.length).sort((a, b) => a - b),
            data.length,
          ];
          const chunks = places.slice(1).map((end, index) => data.subarray(places[index], end));
          expect((await through(redactor, chunks)).toString('latin1')).toBe(
            redactor.bytes(data).toString('latin1'),
          );
        },
      ),
      { numRuns: 500 },
    );
  });

  it('takes what overlaps for one, also over a chunk that adds nothing', async () => {
    const chunks = ['aaaaaa', '', 'aa'].map((text) => Buffer.from(text));
    expect((await through(createRedactor(['aaaa']), chunks)).toString()).toBe('***');
  });

  it('leaves no secret, and every byte that is none', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('x', 'yy', 'hunter2hunter', 'hunter2', 'hunt')),
        async (parts) => {
          const data = Buffer.from(parts.join('|'));
          const chunks = [...data].map((byte) => Buffer.of(byte));
          const masked = await through(createRedactor(['hunter2']), chunks);
          expect(masked.toString()).toBe(data.toString().replaceAll('hunter2', '***'));
        },
      ),
    );
  });

  it('passes binary data through unharmed', async () => {
    const data = randomBytes(3_000_000);
    expect((await through(createRedactor([SECRET]), [data])).equals(data)).toBe(true);
  });

  it('shows at once what cannot be part of a secret', async () => {
    const stream = createRedactor(['secret']).stream();
    const first = new Promise((resolve) => stream.once('data', resolve));
    stream.write('Progress: 10 % se');
    expect(String(await first)).toBe('Progress: 10 % ');
    const rest = buffer(stream);
    stream.end('cure');
    expect((await rest).toString()).toBe('secure');
  });

  it('holds back no more than a secret is long, even in one endless match', async () => {
    const stream = createRedactor(['aaaa']).stream();
    const masked = buffer(stream);
    for (let index = 0; index < 1_000; index += 1) stream.write(Buffer.alloc(1_000, 'a'));
    stream.end('b');
    expect((await masked).toString()).toBe('***b');
  });

  it('passes on back pressure', async () => {
    const source = new PassThrough({ highWaterMark: 1_000 });
    const stream = createRedactor(['secret']).stream();
    let canWrite = true;
    const flowing = pipeline(source, stream);
    for (let index = 0; index < 200 && canWrite; index += 1) {
      canWrite = source.write(Buffer.alloc(1_000));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(canWrite).toBe(false);
    stream.resume();
    source.end();
    await flowing;
  });
});

describe('a redacted connection', () => {
  const answering = (result: CommandResult): Connection => ({
    node: 'node1',
    isOpen: () => true,
    exec: () => Promise.resolve(result),
    upload: () => Promise.reject(new Error('not used')),
    download: () => Promise.reject(new Error('not used')),
    info: () => Promise.reject(new Error('not used')),
    close: () => Promise.resolve(),
  });
  const redactor = createRedactor(['hunter2']);
  const output = {
    stdout: Buffer.from('a hunter2'),
    stderr: Buffer.from('hunter2 b'),
    durationMs: 1,
  };

  it('masks what a command printed', async () => {
    const connection = redactConnection(
      answering({ termination: 'exited', exitCode: 0, ...output }),
      redactor,
    );
    const result = await connection.exec({ argv: ['x'] });
    expect([result.stdout.toString(), result.stderr.toString()]).toEqual(['a ***', '*** b']);
  });

  it('masks why a command could not be run', async () => {
    const connection = redactConnection(
      answering({ termination: 'not-started', reason: 'command not found: hunter2', ...output }),
      redactor,
    );
    expect(await connection.exec({ argv: ['x'] })).toMatchObject({
      reason: 'command not found: ***',
    });
  });
});
