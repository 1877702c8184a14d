import { describe, expect, it } from 'vitest';

import { createOutputDisplay } from '../../../src/benchmark/output-display.js';

describe('createOutputDisplay', () => {
  it('shows whole lines, and the rest at the end', () => {
    const shown: string[] = [];
    const display = createOutputDisplay(
      () => 0,
      (text) => shown.push(text),
    );
    display.push(Buffer.from('one\ntw'));
    display.push(Buffer.from('o\nthree'));
    display.end();
    expect(shown).toEqual(['one\n', 'two\n', 'three\n']);
    expect(display.lastLines(2)).toEqual(['two', 'three']);
  });

  it('shows a progress bar now and then, and its last state as the line', () => {
    let now = 0;
    const shown: string[] = [];
    const display = createOutputDisplay(
      () => now,
      (text) => shown.push(text),
    );
    for (const done of [1, 2, 3]) display.push(Buffer.from(`\r${done} of 9`));
    now = 5_000;
    display.push(Buffer.from('\r8 of 9'));
    display.push(Buffer.from('\r9 of 9\n'));
    expect(shown).toEqual(['1 of 9\n', '8 of 9\n', '9 of 9\n']);
  });

  it('leaves out what is too much for a second, says so, and still knows the end', () => {
    let now = 0;
    const shown: string[] = [];
    const display = createOutputDisplay(
      () => now,
      (text) => shown.push(text),
    );
    const block = Buffer.from('x'.repeat(1023) + '\n');
    for (let count = 0; count < 1000; count += 1) display.push(block);
    now = 1_000;
    display.push(Buffer.from('the end\n'));
    const text = shown.join('');
    expect(text.length).toBeLessThan(300 * 1024);
    expect(text).toContain(`… ${744 * 1024} bytes are not shown`);
    expect(text.endsWith('the end\n')).toBe(true);
    expect(display.lastLines(1)).toEqual(['the end']);
  });
});
