import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { code, codeBlock, escapeText } from '../../../../src/report/markdown/escape.js';

describe('free text in Markdown', () => {
  it('is not taken for markup', () => {
    expect(escapeText('*bold* `code` [link](x) <b> | ~~gone~~ # title')).toBe(
      '\\*bold\\* \\`code\\` \\[link\\](x) \\<b\\> \\| \\~\\~gone\\~\\~ \\# title',
    );
  });

  it('keeps names readable', () => {
    expect(escapeText('baseline_test _private_')).toBe('baseline_test \\_private\\_');
  });

  it('stays on one line', () => {
    expect(escapeText('one\r\n  two')).toBe('one two');
  });
});

describe('a name as code', () => {
  it.each([
    ['p-1', '`p-1`'],
    ['a|b', '`a\\|b`'],
    ['a`b', '``a`b``'],
    ['`a`', '`` `a` ``'],
    ['two\nlines', '`two lines`'],
    ['', ''],
  ])('%j is %s', (text, expected) => {
    expect(code(text)).toBe(expected);
  });

  it('never ends before its end, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const span = code(text);
        const fence = /^`*/.exec(span)?.[0] ?? '';
        const inner = span.slice(fence.length, span.length - fence.length);
        expect((inner.match(/`+/g) ?? []).some((run) => run.length === fence.length)).toBe(false);
        expect(span).not.toContain('\n');
      }),
    );
  });
});

describe('a block of output', () => {
  it('has a fence that its lines cannot close', () => {
    expect(codeBlock(['before', '```', '\u001b[31mafter'])).toBe(
      '````text\nbefore\n```\nafter\n````',
    );
  });
});
