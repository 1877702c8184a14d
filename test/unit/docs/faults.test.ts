import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const ROWS = 34;

interface Entry {
  readonly row: number;
  readonly file: string;
  readonly test: string;
}

/** Rows by number, and the tests that stand below each; those before the first row have the number 0. */
function readFaults(text: string): {
  readonly rows: readonly number[];
  readonly entries: readonly Entry[];
} {
  const rows: number[] = [];
  const entries: Entry[] = [];
  for (const line of text.split('\n')) {
    const row = /^\*\*(\d+)\.\*\* \S/.exec(line)?.[1];
    if (row !== undefined) rows.push(Number(row));
    const entry = /^- `([^`]+)`: (?:`` ?(.*?) ?``|`([^`]*)`)$/.exec(line);
    if (entry) {
      const [, file = '', quoted, plain = ''] = entry;
      entries.push({ row: rows.at(-1) ?? 0, file, test: quoted ?? plain });
    } else if (line.startsWith('- ')) {
      throw new Error(`no entry of the form "- \`file\`: \`test\`": ${line}`);
    }
  }
  return { rows, entries };
}

const TITLE = /(['"`])((?:\\.|(?!\1)[^\\])*)\1/y;
const OPENING = /(?<![\w.])(?:it|test)((?:\.\w+)*)(?=[(<])/g;

/**
 * The names of the tests of a file, with what becomes of them: `it('…')`, `it.each([…])('…')`, `it.runIf(…)('…')`. The
 * name is the first text that begins an argument list, outside of all brackets but that one.
 */
function readTests(source: string): ReadonlyMap<string, readonly string[]> {
  const tests = new Map<string, readonly string[]>();
  for (const match of source.matchAll(OPENING)) {
    const modifiers = (match[1] ?? '').split('.').filter((word) => word !== '');
    const title = titleAfter(source, match.index + match[0].length);
    if (title !== null) tests.set(title, modifiers);
  }
  return tests;
}

function titleAfter(source: string, from: number): string | null {
  let at = from;
  for (let lists = 0; lists < 3; lists += 1) {
    at = skipTypes(source, at);
    if (source[at] !== '(') return null;
    TITLE.lastIndex = at + 1 + (/^\s*/.exec(source.slice(at + 1))?.[0].length ?? 0);
    const title = TITLE.exec(source);
    if (title) return (title[2] ?? '').replaceAll(/\\(.)/g, '$1');
    at = endOfList(source, at);
  }
  return null;
}

function skipTypes(source: string, at: number): number {
  if (source[at] !== '<') return at;
  let depth = 0;
  for (let index = at; index < source.length; index += 1) {
    if (source[index] === '<') depth += 1;
    if (source[index] === '>' && source[index - 1] !== '=') depth -= 1;
    if (depth === 0) return index + 1;
  }
  return source.length;
}

/** Past the bracket that closes the one at `at`; texts and comments are passed over. */
function endOfList(source: string, at: number): number {
  const token = /\/\/[^\n]*|\/\*[^]*?\*\/|(['"`])(?:\\.|(?!\1)[^\\])*\1|[([{]|[)\]}]/g;
  token.lastIndex = at;
  let depth = 0;
  for (let match = token.exec(source); match; match = token.exec(source)) {
    if (/^[([{]$/.test(match[0])) depth += 1;
    else if (/^[)\]}]$/.test(match[0])) depth -= 1;
    if (depth === 0) return token.lastIndex;
  }
  return source.length;
}

describe('docs/faults.md', () => {
  const { rows, entries } = readFaults(readFileSync(path.join(ROOT, 'docs/faults.md'), 'utf8'));

  it('has every row once, in order, each with a test', () => {
    const numbers = Array.from({ length: ROWS }, (_, index) => index + 1);
    expect(rows).toEqual(numbers);
    const without = numbers.filter((row) => !entries.some((entry) => entry.row === row));
    expect(without).toEqual([]);
  });

  it('names tests that are there, none of them left out', () => {
    const wrong = entries.flatMap(({ row, file, test }) => {
      const where = path.join(ROOT, file);
      if (!existsSync(where)) return [`${row}: ${file} does not exist`];
      const source = readFileSync(where, 'utf8');
      if (/\bdescribe\.(?:skip|todo)\(/.test(source)) return [`${row}: ${file} leaves tests out`];
      const modifiers = readTests(source).get(test);
      if (!modifiers) return [`${row}: ${file} has no test "${test}"`];
      const isLeftOut = modifiers.some((word) => ['skip', 'todo', 'fails'].includes(word));
      return isLeftOut ? [`${row}: ${file}: "${test}" is left out`] : [];
    });
    expect(wrong).toEqual([]);
  });
});

describe('reading the names of tests', () => {
  it('finds them however they are written', () => {
    const source = `
      it('plain', () => {});
      it.skip("left out", () => {});
      test.each([['a)', 1], [\`b\`, 2]] as const)('each %s', () => {});
      it.each<[string, readonly Member[]]>([
        // an apostrophe's comment (
        ['x', []],
      ])('typed %s', () => {});
      it.runIf(may('change'))('with a condition', () => {});
      it(
        'it\\'s on a line of its own',
        () => {},
      );
      submit('nothing');
    `;
    expect([...readTests(source)]).toEqual([
      ['plain', []],
      ['left out', ['skip']],
      ['each %s', ['each']],
      ['typed %s', ['each']],
      ['with a condition', ['runIf']],
      ["it's on a line of its own", []],
    ]);
  });
});
