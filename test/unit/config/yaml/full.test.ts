import { describe, expect, it } from 'vitest';

import { locate, type SourceFile } from '../../../../src/config/source/file.js';
import { readFull } from '../../../../src/config/yaml/full.js';
import { toPlain } from '../../../../src/config/yaml/tree.js';

function asFile(text: string): SourceFile {
  return { name: 'some.yaml', path: '/project/some.yaml', text };
}

function plain(text: string): unknown {
  const result = readFull(asFile(text));
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.root && JSON.parse(JSON.stringify(toPlain(result.root)));
}

function problem(text: string): string {
  const result = readFull(asFile(text));
  if (result.ok) return 'none';
  const [first] = result.problems;
  const { line, column } = locate(asFile(text), first?.offset ?? 0);
  return `${line}:${column} ${first?.message ?? ''}`;
}

describe('the complete reader', () => {
  it.each([
    ['a: &x { b: 1 }\nc: *x\n', { a: { b: 1 }, c: { b: 1 } }],
    ['b: &b { x: 1, y: 2 }\nc: { <<: *b, y: 3 }\n', { b: { x: 1, y: 2 }, c: { y: 3, x: 1 } }],
    [
      'a: &a { x: 1 }\nb: &b { x: 2, y: 2 }\nc:\n  <<: [*a, *b]\n',
      { a: { x: 1 }, b: { x: 2, y: 2 }, c: { x: 1, y: 2 } },
    ],
    ['a: >\n  one\n  two\n', { a: 'one two\n' }],
    ['8000: x\ntrue: y\n', { '8000': 'x', true: 'y' }],
    [
      'a: yes\nb: on\nc: 0o17\nd: 1_000\ne: 2024-01-01',
      { a: 'yes', b: 'on', c: 15, d: '1_000', e: '2024-01-01' },
    ],
    ['a: !!str 1\n', { a: '1' }],
    ['"<<": 1\n', { '<<': 1 }],
    ['', null],
    ['# nothing\n', null],
  ])('reads %j', (text, expected) => {
    expect(plain(text)).toEqual(expected);
  });

  it('keeps a key __proto__ as a key like any other', () => {
    const result = readFull(asFile('__proto__: { polluted: true }\n'));
    expect(result.ok && result.root?.kind === 'map' && [...result.root.entries.keys()]).toEqual([
      '__proto__',
    ]);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it.each([
    ['a:\n\tb: 1\n', '2:1 a tab is used for indentation'],
    ['a: 1\nb: 2\na: 3\n', '3:1 the key `a` is written twice; first in line 1'],
    ['a: { x: 1, x: 2 }\n', '1:12 the key `x` is written twice; first in line 1'],
    ['a: 1\n---\nb: 2\n', '2:1 a second YAML document starts here'],
    ['a: *nowhere\n', '1:4 the alias `*nowhere` names an anchor that is not defined before it'],
    ['a: &a [*a]\n', '1:8 the alias `*a` contains itself'],
    ['a: !reset []\n', '1:4 the tag `!reset` is not supported here'],
    ['a: 1\nb: !override { x: 1 }\n', '2:4 the tag `!override` is not supported here'],
    ['? [a]\n: b\n', '1:3 a key must be a text'],
    ['<<: 1\n', '1:1 the merge key `<<` takes a map, or a list of maps'],
    ['~: 1\n', '1:1 a key is empty'],
    ['a: "open\n', '2:1 is not valid YAML: missing closing "quote'],
    [
      'a: [1, 2\nb: 3\n',
      '2:1 is not valid YAML: flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
  ])('tells what is wrong with %j', (text, expected) => {
    expect(problem(text)).toBe(expected);
  });

  it('stops anchors that explode', () => {
    const levels = Array.from(
      { length: 30 },
      (_, level) => `a${level + 1}: &a${level + 1} [${Array(9).fill(`*a${level}`).join(', ')}]`,
    );
    const start = performance.now();
    expect(problem(`a0: &a0 x\n${levels.join('\n')}\n`)).toMatch(
      /expand to more than 100,000 values$/,
    );
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it.each([
    ['brackets', '['.repeat(10_000)],
    ['closed brackets', '['.repeat(10_000) + ']'.repeat(10_000)],
    ['braces', '{a: '.repeat(10_000)],
    ['dashes', '- '.repeat(10_000) + 'x'],
    [
      'indented keys',
      Array.from({ length: 1000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
    ],
    ['question marks', '? '.repeat(10_000)],
  ])('refuses ten thousand nested %s, in good time', (_what, text) => {
    const start = performance.now();
    expect(problem(text)).toMatch(/nested more than|not valid YAML/);
    expect(performance.now() - start).toBeLessThan(3000);
  });
});
