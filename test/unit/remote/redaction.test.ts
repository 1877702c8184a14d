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

function passwordSet(password: string): string {
  const url = new URL('http://user@host');
  url.password = password;
  return url.password;
}

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
    ['the password of a URL', new URL(`http://u:${encodeURIComponent(SECRET)}@h`).password],
    ['the password of a URL that was set', passwordSet(SECRET)],
    ['percent-encoded with other safe characters', 'P%40$$w0rd%20%22x%22/%C3%BC'],
    ['percent-encoded, every character but letters', 'P%40%24%24w0rd%20%22x%22%2F%c3%bc'],
    ['JSON in ASCII', String.raw`P@$$w0rd \"x\"\/\u00fc`],
    ['JSON in ASCII in upper case', String.raw`P@$$w0rd \"x\"/\u00FC`],
    ['JSON in JSON', JSON.stringify(JSON.stringify(SECRET)).slice(3, -3)],
    ['JSON in ASCII in JSON', String.raw`P@$$w0rd \\\"x\\\"/\\u00fc`],
    ['bytes of Python', String.raw`P@$$w0rd "x"/\xc3\xbc`],
    ['HTML', 'P@$$w0rd &quot;x&quot;/ü'],
    ['HTML in numbers', 'P&#64;$$w0rd&#32;&#34;x&#x22;&#x2F;&#252;'],
    ['CSV', 'P@$$w0rd ""x""/ü'],
  ])('knows it as %s', (_, form) => {
    expect(redactor.text(`<${form}>`)).toBe('<***>');
  });

  it('knows what Go and browsers escape, in JSON and HTML', () => {
    const escaped = createRedactor(["a&b<c>d'e"]);
    expect(escaped.text(String.raw`"a\u0026b\u003cc\u003ed'e", a&amp;b&lt;c&gt;d&#039;e`)).toBe(
      '"***", ***',
    );
  });

  it('knows it without the blanks around it, such as the newline of a file', () => {
    const block = createRedactor(['hunt3r\n', ' pa55 \n']);
    expect(block.text('[hunt3r] [pa55] [hunt3r\n]')).toBe('[***] [***] [***]');
  });

  it.each([
    [76, '\n'],
    [64, '\r\n'],
    [76, '\\n'],
  ])('knows a long one in base64 with a line end after %d characters: %j', (width, end) => {
    const token = 'a-token of 86 characters '.padEnd(86, 'x0y');
    const wrapped = (text: string) =>
      Buffer.from(text)
        .toString('base64')
        .replaceAll(new RegExp(`.{${width}}(?=.)`, 'g'), `$&${end}`);
    const masked = createRedactor([token]);
    expect(masked.text(`<${wrapped(token)}>`)).toBe('<***>');
    for (const before of ['user:', 'token=', '1234567']) {
      const shown = masked.text(wrapped(`${before}${token}:rest`));
      expect(shown.replaceAll(end, '')).toMatch(/^\S{6,12}\*\*\*\S{6,10}$/);
    }
  });

  it('knows each line of a long one in base64, whatever docker writes before it', () => {
    const token = 'another token of many characters '.padEnd(114, 'x0y');
    const lines =
      Buffer.from(token)
        .toString('base64')
        .match(/.{1,76}/g) ?? [];
    const log = lines.map((line) => `2026-06-01T19:04:11.000Z ${line}`).join('\n');
    expect(createRedactor([token]).text(log)).toBe(
      lines.map(() => '2026-06-01T19:04:11.000Z ***').join('\n'),
    );
  });

  it('leaves alone what is only like it', () => {
    const secrets = createRedactor(['postgres', 'P@$$w0rd', 'my-key', 'a b c']);
    const text =
      'Postgres postgre P@$w0rd P%40%w0rd P@w0rd my key my_key my%20key a%b%c abc cG9zdGdy';
    expect(secrets.text(text)).toBe(text);
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

  it('gives the same however a spelling is cut into chunks', async () => {
    const piece = fc.constantFrom(
      'a',
      '%',
      '2',
      '4',
      '$',
      '$$',
      '%24',
      '\\u0024',
      '&#36;',
      'b',
      "'",
      '%27',
      'YS',
      'Qk',
      'Jy',
      '\n',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 30 }),
        fc.integer({ min: 1, max: 5 }),
        async (parts, size) => {
          const data = Buffer.from(`${parts.join('')}a$$'b`);
          const redactor = createRedactor(["a$'b", 'a$$b']);
          const chunks = Array.from({ length: Math.ceil(data.length / size) }, (_, index) =>
            data.subarray(index * size, (index + 1) * size),
          );
          expect((await through(redactor, chunks)).toString()).toBe(
            redactor.bytes(data).toString(),
          );
        },
      ),
      { numRuns: 500 },
    );
  });

  it('takes no longer for many secrets, nor for one that can be read in many ways', async () => {
    const backslashes = createRedactor(['\\'.repeat(40), "'".repeat(40)]);
    expect(backslashes.text(`<${'\\'.repeat(80)}>`)).toBe('<***>');
    expect(backslashes.text('\\'.repeat(39))).toBe('\\'.repeat(39));
    const many = createRedactor(
      Array.from({ length: 1_000 }, (_, index) => `${index + 1_000}-secret!`),
    );
    const data = Buffer.from('a line that holds no secret at all\n'.repeat(100_000));
    expect((await through(many, [data])).equals(data)).toBe(true);
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
