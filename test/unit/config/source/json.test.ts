import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { findJsonProblem } from '../../../../src/config/source/json.js';

describe('the first mistake of a JSON text', () => {
  it.each([
    ['{"a": 1,}', 8, 'the comma before `}` is one too many'],
    ['[1, 2,]', 6, 'the comma before `]` is one too many'],
    ['{"a" 1}', 5, '`:` is expected here'],
    ['{"a": 1 "b": 2}', 8, '`,` or `}` is expected here'],
    ["{'a': 1}", 1, 'JSON takes double quotes only'],
    ['{a: 1}', 1, 'a key in double quotes is expected here'],
    ['{"a": tru}', 6, 'a value is expected here'],
    ['{"a": 1', 7, 'it ends where `,` or `}` is expected'],
    ['', 0, 'it ends where a value is expected'],
    ['{} x', 3, 'the end of the file is expected here'],
    ['{ // no\n}', 2, 'JSON knows no comments'],
    ['{"a": "x\ny"}', 6, 'a value is expected here'],
    ['{"a": 01}', 7, '`,` or `}` is expected here'],
    ['{"a": NaN}', 6, 'a value is expected here'],
  ])('%j is at %d: %s', (text, offset, message) => {
    expect(findJsonProblem(text)).toEqual({ offset, message: `is not valid JSON: ${message}` });
  });

  it('is found in every text that JSON.parse refuses, and lies within it', () => {
    const mutated = fc
      .tuple(
        fc.json({ maxDepth: 3 }),
        fc.nat(),
        fc.constantFrom('', '"', ',', '}', ']', 'x', '\n', '1'),
      )
      .map(([text, at, inserted]) => {
        const offset = at % (text.length + 1);
        return text.slice(0, offset) + inserted + text.slice(offset + 1);
      });
    fc.assert(
      fc.property(mutated, (text) => {
        try {
          JSON.parse(text);
        } catch {
          const { offset, message } = findJsonProblem(text);
          expect(offset).toBeLessThanOrEqual(text.length);
          expect(message).toMatch(/^is not valid JSON: /);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('is found under ten thousand brackets', () => {
    expect(findJsonProblem('['.repeat(10_000)).offset).toBe(10_000);
  });
});
