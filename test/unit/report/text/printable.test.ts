import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { toPrintableLine, toPrintableLines } from '../../../../src/report/text/printable.js';

describe('a line of somebody else’s text', () => {
  it('loses colours, cursor movements and bells', () => {
    expect(toPrintableLine('\u0007\u001b[31mred\u001b[0m \u001b[2Aup!')).toBe('red up!');
  });

  it('keeps the last state of a progress bar', () => {
    expect(toPrintableLine('10 %\r50 %\r100 %\r')).toBe('100 %');
  });

  it('loses the marks that turn the direction of writing around', () => {
    expect(toPrintableLine('gnp.\u202eexe')).toBe('gnp.exe');
  });

  it('keeps other scripts', () => {
    expect(toPrintableLine('输出 🙂 äöü')).toBe('输出 🙂 äöü');
  });

  it('is cut when it is endless', () => {
    expect(toPrintableLine('x'.repeat(1_000_000)).length).toBe(2000);
  });

  it('can do nothing to a terminal, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        // eslint-disable-next-line no-control-regex
        expect(toPrintableLine(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
      }),
    );
  });
});

describe('lines of somebody else’s text', () => {
  it('end with a newline that makes no further line', () => {
    expect(toPrintableLines('one\ntwo\n\n')).toEqual(['one', 'two', '']);
  });
});
