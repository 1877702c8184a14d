import { describe, expect, it } from 'vitest';

import type { Problem } from '../../../src/model/problem.js';
import { problemsJson, renderProblems } from '../../../src/report/problems.js';

function problem(overrides: Partial<Problem> = {}): Problem {
  return {
    severity: 'error',
    file: 'config/nodes.yaml',
    line: 3,
    column: 5,
    path: 'nodes.node1.prot',
    message: 'unknown key prot',
    hint: 'did you mean port?',
    ...overrides,
  };
}

describe('problems of files', () => {
  it('are shown with their place, an excerpt and a hint, and counted', () => {
    const text = renderProblems(
      [
        problem(),
        problem({
          severity: 'warning',
          file: '.env',
          line: 1,
          column: 1,
          path: '',
          message: 'is empty',
          hint: '',
        }),
      ],
      {
        sourceLine: (file, line) =>
          file === '.env' ? undefined : line === 3 ? '    prot: 22' : 'other',
      },
    );
    expect(`\n${text}\n`).toBe(`
config/nodes.yaml:3:5 error nodes.node1.prot: unknown key prot
  3 │     prot: 22
    │     ^
  → did you mean port?

.env:1:1 warning is empty

1 error and 1 warning in 2 files
`);
  });

  it('point at the right column behind wide characters and tabs', () => {
    const text = renderProblems([problem({ column: 6 })], { sourceLine: () => '\t输出: x' });
    const [, excerpt = '', caret = ''] = text.split('\n');
    expect(excerpt).toBe('  3 │   输出: x');
    expect(caret).toBe('    │         ^');
  });

  it('show a window of a very long line', () => {
    const source = `${'a'.repeat(500)}HERE${'b'.repeat(500)}`;
    const [, excerpt = '', caret = ''] = renderProblems([problem({ column: 501 })], {
      sourceLine: () => source,
    }).split('\n');
    expect(excerpt.length).toBeLessThan(120);
    expect(excerpt.slice(caret.indexOf('^'))).toMatch(/^HERE/);
  });

  it('that are none need no words', () => {
    expect(renderProblems([])).toBe('');
  });

  it('are plain JSON for programs; warnings alone leave a project valid', () => {
    const warning = problem({ severity: 'warning' });
    expect(problemsJson([warning])).toEqual({ valid: true, problems: [warning] });
    expect(problemsJson([warning, problem()]).valid).toBe(false);
  });
});
