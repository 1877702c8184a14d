import { readFileSync } from 'node:fs';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';

import type { SourceFile } from '../../../../src/config/source/file.js';
import { readFull } from '../../../../src/config/yaml/full.js';
import { readQuick } from '../../../../src/config/yaml/quick.js';
import type { YamlNode } from '../../../../src/config/yaml/tree.js';

function asFile(text: string): SourceFile {
  return { name: 'some.yaml', path: '/project/some.yaml', text };
}

/** Values, places and key places, as one comparable text. */
function show(node: YamlNode): unknown {
  switch (node.kind) {
    case 'scalar':
      return [
        Object.is(node.value, -0) ? '-0' : node.value,
        node.source,
        node.source === '' ? null : node.start,
      ];
    case 'sequence':
      return { at: node.start, items: node.items.map(show) };
    case 'map':
      return {
        at: node.start,
        entries: [...node.entries.values()].map((entry) => [
          entry.key,
          entry.keyStart,
          show(entry.value),
        ]),
      };
  }
}

function expectAgreement(text: string): 'read' | 'gave up' {
  const quick = readQuick(asFile(text));
  if (!quick) return 'gave up';
  const full = readFull(asFile(text));
  if (!full.ok || !full.root) {
    throw new Error(`read what is no YAML: ${JSON.stringify(text)} ${JSON.stringify(full)}`);
  }
  expect(show(quick), JSON.stringify(text)).toEqual(show(full.root));
  return 'read';
}

const COMPOSE = `# yaml-language-server: $schema=x
---
x-engine: &engine
  image: &image engine:latest # which
services:
  p-0: { <<: *engine, command: *image }
  p-1:   # the router
    image: "inference-engine:latest"
    command: ["python", "-m", 'http.server', 8000, --flag, -1, a#b, http://x:1/y]
    environment:
      MODEL: /data/m
      URL: http://127.0.0.1:8000/v1   # where
      EMPTY:
      EMPTY_TEXT: ""
      QUOTED: "a \\"b\\" \\u00e9 \\n"
      'single': 'it''s'
    ports:
    - "18008:8000"
    - 18009:8001
    healthcheck:
      test: [CMD-SHELL,
        "curl -f http://localhost:8000/health"]
      interval: 10s
      retries: 3
    depends_on: { redis: { condition: service_healthy }, other: {} }
  redis:
    command: |
      set -e
        indented

      exec redis

    deploy: []
  last:
    - name: a
      list:
        - 1
        - 0x1F
        - 1e3
        - .5
        -
        - ~
    - [a, [b, {c: d}]]
`;

const RUNS = 3000;

/** Lines, or what a line may hold. */
const FRAGMENTS = ['k: &a', 'k: &a 1', 'k: &a {b: 1}', '<<: *a', '<<: [*a, *a]', 'l: *a', '- *a', '- &a x', 'm: {<<: *a, b: 2}', 'n: [*a, *a]', 
  'a: 1', 'b: x', 'c:', 'd: "q"', "e: 'r'", 'f: [a, b]', 'g: {a: 1, "b": [c]}', 'h: |', 'i: |-', 'j: # c', 'k: x # c',
  '- a', '- b: 1', '- c:', '-', '- # c', '- "q"', '- [a]', '- |', '- - a', '# comment', '', ' ', 'text', 'l: [a,', 'b]', 'm: {a: b,',
  'c: d}', 'n: http://x:1/y#z', 'o: -1', 'p: - a', 'q: a: b', "r: 'it''s'", 's: "\\n"', 't: ~', 'u : 1', '"v": 1', 'w: x:', 'x: "a" b', 'y: a #', 'z: #',
  '- a: |', '- {a: b}', '- a:b', 'null: 1', 'true: 1', '---', 'aa: [a: b]', 'bb: [a b, c]', 'cc: [a, -]', 'dd: [a, - b]', 'ee: a]', 'ff: [ ]', 'gg: { }', 'hh: [a ,b]', 'ii: --x', 'jj: {a: http://b}', 'kk: {a: b}x',
]; // prettier-ignore
const PIECES = [' ', '  ', '\n', '-', '- ', ':', ': ', '#', ' #', '"', "'", '[', ']', '{', '}', ',', '|', '>', '&a', '*a', '!t', '?', '? ', '---\n', '...\n', '%', 'x', '\n  ', '\u00a0', '~', '.', 'null']; // prettier-ignore

describe('the quick reader', () => {
  it.each([
    ['a compose file', COMPOSE],
    ['a list at the column of its key', 'a:\n- 1\n- 2\nb: 3\n'],
    ['a text without a line end', 'a: 1\nb: [x, y]'],
    ['anchors and aliases', 'a: &x 1\nb: *x # c\nc: &y\n  d: [*x, 2]\n'],
    [
      'merge keys',
      'a: &x\n  k: 1\n  l: &y { m: 2 }\nb:\n  <<: *x\n  k: 3\nc: { <<: [*y, *x], n: 1 }\nd:\n  <<:\n    - *x\n    - *y\n',
    ],
    ['a merge key alone', 'a: &x {k: 1}\nb:\n  <<: *x\n'],
    ['an anchor that is given again', 'a: &x 1\nb: &x 2\nc: *x\n'],
    ['anchors in lists', '- &x 1\n- *x\n- &y [a]\n- *y\n'],
    ['a literal block', 'a: |\n  one\n\n   two\nb: |-\n  x\nc: 1\n'],
    ['comments everywhere', '# a\na: # b\n  # c\n  b: 1 # d\n # e\n\n'],
    ['a marker', '# c\n---\na: 1\n'],
    ['values on the next line', 'a:\n  "x"\nb:\n  [1, 2]\nc:\n  plain text\n'],
  ])('reads %s, as the complete parser does', (_what, text) => {
    expect(expectAgreement(text)).toBe('read');
  });

  it.each([
    ['anchors of keys', '&x a: 1\n'],
    ['anchors of maps in lists', '- &x a: 1\n'],
    ['anchors inside themselves', 'a: &x\n  b: *x\n'],
    ['aliases of nothing', 'a: *x\n'],
    ['tags', 'a: !!str 1\n'],
    ['merged texts', 'a: &x 1\nb:\n  <<: *x\n'],
    ['tabs', 'a:\t1\n'],
    ['folded blocks', 'a: >\n  x\n'],
    ['texts over several lines', 'a: one\n  two\n'],
    ['quoted texts over several lines', 'a: "one\n  two"\n'],
    ['duplicate keys', 'a: 1\na: 2\n'],
    ['several documents', 'a: 1\n---\nb: 2\n'],
    ['directives', '%YAML 1.1\n---\na: 1\n'],
    ['wrong indentation', 'a:\n   b: 1\n  c: 2\n'],
    ['a map in a text', 'a: b: c\n'],
    ['an unclosed list', 'a: [1, 2\n'],
    ['nothing at all', '# only a comment\n'],
  ])('leaves %s to the complete parser', (_what, text) => {
    expect(readQuick(asFile(text))).toBeUndefined();
  });

  it('agrees with the complete parser on whatever was written as YAML', () => {
    const text = fc.oneof(
      fc.string({ maxLength: 12 }),
      fc.constantFrom(
        '',
        ' ',
        '-',
        '- a',
        '#',
        ' #',
        'a: b',
        'null',
        'true',
        '1',
        '1e3',
        '0x',
        '---',
        '"',
        "it's",
        'é😀',
        'a\nb',
        '{',
        '[x]',
        '.',
        '-.inf',
        'k:',
        '*',
        '&a',
      ),
    );
    const key = fc.oneof(fc.constantFrom('a', 'b-c', 'x.y', 'image', '1', 'true', '<<'), text);
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        text,
        fc.integer(),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(key, tie('value'), { maxKeys: 4 }),
      ),
    }));
    const options = fc.record({
      indent: fc.constantFrom(1, 2, 4),
      indentSeq: fc.boolean(),
      collectionStyle: fc.constantFrom('any' as const, 'block' as const, 'flow' as const),
      defaultStringType: fc.constantFrom(
        'PLAIN' as const,
        'QUOTE_DOUBLE' as const,
        'QUOTE_SINGLE' as const,
        'BLOCK_LITERAL' as const,
      ),
      lineWidth: fc.constantFrom(0, 20, 80),
    });
    fc.assert(
      fc.property(value, options, (data, style) => {
        expectAgreement(stringify(data, style));
      }),
      { numRuns: 2000 },
    );
  });

  it('agrees with the complete parser on mutilated files', () => {
    const edit = fc.record({
      at: fc.nat(),
      remove: fc.nat(3),
      insert: fc.constantFrom(...FRAGMENTS, ...PIECES, ''),
    });
    const edits = fc.array(edit, { minLength: 1, maxLength: 2 });
    let read = 0;
    fc.assert(
      fc.property(edits, fc.nat(), fc.integer({ min: 1, max: 8 }), (changes, from, length) => {
        const lines = COMPOSE.split('\n');
        const first = from % lines.length;
        let text = `${lines.slice(first, first + length).join('\n')}\n`;
        for (const { at, remove, insert } of changes) {
          const offset = at % (text.length + 1);
          text = text.slice(0, offset) + insert + text.slice(offset + remove);
        }
        if (expectAgreement(text) === 'read') read++;
      }),
      { numRuns: RUNS },
    );
    expect(read).toBeGreaterThan(RUNS / 20);
  });

  it('agrees with the complete parser on lines thrown together', () => {
    const line = fc.tuple(
      fc.constantFrom(0, 0, 0, 1, 2, 2, 2, 4, 4),
      fc.constantFrom(...FRAGMENTS),
    );
    let read = 0;
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 6 }), fc.boolean(), (lines, hasEnd) => {
        const text = lines.map(([indent, content]) => ' '.repeat(indent) + content).join('\n');
        if (expectAgreement(hasEnd ? `${text}\n` : text) === 'read') read++;
      }),
      { numRuns: RUNS },
    );
    expect(read).toBeGreaterThan(RUNS / 20);
  });
});

it('the quick reader reads the shipped files', () => {
  expect(expectAgreement(readFileSync('.prettierrc.json', 'utf8'))).toBe('read');
});
