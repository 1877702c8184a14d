import { describe, expect, it } from 'vitest';

import { createStyle } from '../../../../src/report/text/style.js';
import { renderTable } from '../../../../src/report/text/table.js';
import { displayWidth } from '../../../../src/report/text/width.js';

describe('a table', () => {
  it('is as wide as its content and has no lines', () => {
    const table = renderTable(
      [{ title: 'NODE' }, { title: 'LOAD', align: 'right' }],
      [
        ['node1', '7'],
        ['n2', '1,520'],
      ],
    );
    expect(`\n${table}\n`).toBe(`
NODE    LOAD
node1      7
n2     1,520
`);
  });

  it('wraps the widest column between words where the terminal is too narrow', () => {
    const table = renderTable(
      [{ title: 'NODE' }, { title: 'PROBLEMS' }],
      [['node1', 'the runtime is missing and nothing else can be said about it']],
      { width: 30 },
    );
    expect(`\n${table}\n`).toBe(`
NODE   PROBLEMS
node1  the runtime is missing
       and nothing else can be
       said about it
`);
  });

  it('cuts what has no place to wrap, and keeps numbers whole', () => {
    const table = renderTable(
      [{ title: 'NAME' }, { title: 'VALUE', align: 'right' }],
      [['a-very-long-name-without-any-blank-in-it', '1,234,567']],
      { width: 24 },
    );
    const [, row = ''] = table.split('\n');
    expect(row).toMatch(/^a-very-long-….* {2}1,234,567$/);
    expect(displayWidth(row)).toBeLessThanOrEqual(24);
  });

  it('counts wide characters by the columns that they take', () => {
    const table = renderTable(
      [{ title: 'A' }, { title: 'B' }],
      [
        ['输出', 'x'],
        ['abcd', 'y'],
      ],
    );
    expect(table.split('\n').slice(1)).toEqual(['输出  x', 'abcd  y']);
  });

  it('is aligned the same with colours', () => {
    const style = createStyle({ colors: 1, isUnicode: true });
    const table = renderTable(
      [{ title: 'A' }, { title: 'B' }],
      [
        [style.good('ok'), 'x'],
        ['failed', 'y'],
      ],
      { style },
    );
    // eslint-disable-next-line no-control-regex
    const plain = table.replace(/\u001b\[\d+m/g, '');
    expect(table).toContain('\u001b[32mok');
    expect(plain.split('\n')).toEqual(['A       B', 'ok      x', 'failed  y']);
  });
});
