import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { parseFilePattern } from '../../../src/results/collect/glob.js';

describe('a path of files', () => {
  it.each([
    ['out.json', '.', 1, true],
    ['a/b/out.json', 'a/b', 1, true],
    ['/data/out.json', '/data', 1, true],
    ['/out.json', '/', 1, true],
    ['*.json', '.', 1, false],
    ['a/*/b/*.json', 'a', 3, false],
    ['/data/run-?/out', '/data', 2, false],
    ['logs/**/*.log', 'logs', null, false],
    ['**', '.', null, false],
  ])('%s is looked for in %s', (pattern, base, depth, isLiteral) => {
    expect(parseFilePattern(pattern)).toMatchObject({ base, depth, isLiteral });
  });

  it('spans any number of folders with **', () => {
    const { matches } = parseFilePattern('logs/**/*.log');
    expect(['a.log', 'x/a.log', 'x/y/z/a.log'].every(matches)).toBe(true);
    expect(['a.txt', '.hidden.log', '.git/a.log', 'x/.git/a.log'].some(matches)).toBe(false);
  });

  it('takes a file whose name is the pattern itself', () => {
    expect(parseFilePattern('out[1].json').matches('out[1].json')).toBe(true);
    expect(parseFilePattern('out[1].json').matches('out1.json')).toBe(true);
  });

  it('never fails, whatever is written', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...Array.from('ab.*?[]!^-\\/{}()|+$é')), minLength: 1 }),
        fc.string(),
        (pattern, name) => {
          const parts = pattern.split('/').filter((part) => !['', '.', '..'].includes(part));
          if (parts.length > 0) parseFilePattern(parts.join('/')).matches(name);
        },
      ),
    );
  });
});

describe('a pattern finds the same files as a shell', () => {
  let folder = '';
  const files: string[] = [];

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'playbook-test-'));
    for (const name of [
      'a',
      'b',
      'ab',
      'a.b',
      '.a',
      'a-b',
      'aab',
      'b]',
      '[a',
      'é',
      'a\nb',
      '!a',
      '^',
    ]) {
      for (const parent of ['', 'sub', '.dot', 'a b']) {
        mkdirSync(path.join(folder, parent), { recursive: true });
        if (parent === 'a b' && name.length > 1) continue;
        writeFileSync(path.join(folder, parent, name), '');
      }
    }
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (entry.isFile())
        files.push(path.relative(folder, path.join(entry.parentPath, entry.name)));
    }
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  /** What `sh` makes of it; a pattern that matches nothing stays as it is, and is no file then. */
  function expandInShell(pattern: string): string[] {
    const script = `IFS=; for file in ${pattern}; do [ -f "$file" ] && printf '%s\\0' "$file"; done; true`;
    const options = { cwd: folder, env: { ...process.env, LC_ALL: 'C.UTF-8' } };
    return execFileSync('/bin/bash', ['--posix', '-c', script], options)
      .toString()
      .split('\0')
      .slice(0, -1)
      .sort();
  }

  it.each([
    '*',
    '?',
    'a*',
    '*b',
    'a?b',
    '[ab]',
    '[!a]',
    '[^a]',
    '[a-b]*',
    '*/a',
    's*/*b',
    '.*',
    '.dot/*',
    '.?*/a',
    '*.*',
    '[]b]*',
    'a[-.]b',
    '[!-a]*',
    '*/*',
    '[é]',
    'a*b',
  ])('%s', (pattern) => {
    const { base, matches } = parseFilePattern(pattern);
    const found = files
      .map((file) => path.relative(base, file))
      .filter((file) => !file.startsWith('../') && matches(file))
      .map((file) => path.join(base, file));
    expect(found.sort()).toEqual(expandInShell(pattern));
  });
});
