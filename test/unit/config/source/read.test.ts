import { execFileSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { locate } from '../../../../src/config/source/file.js';
import { MAX_FILE_BYTES, readSource } from '../../../../src/config/source/read.js';
import { writeProject } from '../temporary-project.js';

function read(content: string | Buffer) {
  const root = writeProject({ file: content });
  return readSource(join(root, 'file'), 'file');
}

describe('reading a file', () => {
  it('gives its text, without a byte order mark', () => {
    expect(read('\uFEFFa: é😀\n')).toMatchObject({ ok: true, file: { text: 'a: é😀\n' } });
    expect(read('')).toMatchObject({ ok: true, file: { text: '' } });
  });

  it('takes files of up to 1 MiB', () => {
    expect(read('x'.repeat(MAX_FILE_BYTES)).ok).toBe(true);
    expect(read('x'.repeat(MAX_FILE_BYTES + 1))).toMatchObject({
      ok: false,
      problem: { message: 'is 1.0 MiB long; configuration files may have at most 1 MiB' },
    });
  });

  it.each([
    ['binary data', Buffer.from('a\nb\n\0c'), 3, /NUL bytes/],
    ['another encoding', Buffer.from('a\nb: caf\xe9\nc', 'latin1'), 2, /not valid UTF-8/],
    ['UTF-16', Buffer.from('\uFEFFa: 1', 'utf16le'), 1, /UTF-16/],
  ])('refuses %s, with the line', (_what, content, line, message) => {
    const result = read(content);
    expect(result).toMatchObject({ ok: false, problem: { line } });
    if (!result.ok) expect(result.problem.message).toMatch(message);
  });

  it('refuses what is no file, and does not wait for a named pipe', () => {
    const root = writeProject({ 'folder/': '' });
    execFileSync('mkfifo', [join(root, 'pipe')]);
    expect(readSource(join(root, 'folder'), 'folder')).toMatchObject({
      problem: { message: 'is a directory, not a file' },
    });
    expect(readSource(join(root, 'pipe'), 'pipe')).toMatchObject({
      problem: { message: 'is not a regular file' },
    });
    expect(readSource(join(root, 'none'), 'none')).toMatchObject({
      problem: { isMissing: true, message: 'does not exist' },
    });
  });

  it.skipIf(process.getuid?.() === 0)('says that it may not', () => {
    const root = writeProject({ file: 'a' });
    chmodSync(join(root, 'file'), 0);
    expect(readSource(join(root, 'file'), 'file')).toMatchObject({
      problem: { message: 'cannot be read: permission denied' },
    });
  });
});

describe('a place in a file', () => {
  it.each([
    [0, 1, 1],
    [1, 1, 2],
    [2, 2, 1],
    [3, 3, 1],
    [5, 3, 3],
    [99, 3, 97],
  ])('at offset %d is line %d, column %d', (offset, line, column) => {
    const file = { name: 'f', path: '/f', text: 'a\n\nbcd' };
    expect(locate(file, offset)).toEqual({ file: 'f', line, column });
  });
});
