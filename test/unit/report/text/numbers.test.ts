import { describe, expect, it } from 'vitest';

import { formatDuration, formatElapsed } from '../../../../src/report/text/duration.js';
import { formatFigure } from '../../../../src/report/text/figure.js';
import { parseSize } from '../../../../src/config/value/size.js';
import { formatSize, formatWrittenSize } from '../../../../src/report/text/size.js';

describe('a duration', () => {
  it.each([
    [0, '0 s'],
    [0.2, '1 ms'],
    [40, '40 ms'],
    [99.4, '99 ms'],
    [99.6, '0.1 s'],
    [350, '0.4 s'],
    [1234, '1.2 s'],
    [2000, '2 s'],
    [59_940, '59.9 s'],
    [59_960, '1 min 00 s'],
    [185_000, '3 min 05 s'],
    [3_599_400, '59 min 59 s'],
    [3_599_600, '1 h 00 min'],
    [8_040_123, '2 h 14 min'],
    [47 * 3_600_000 + 1, '47 h 00 min'],
    [74 * 3_600_000 + 1, '3 d 02 h'],
    [1_800_000, '30 min'],
    [7_200_000, '2 h'],
    [90_000, '1 min 30 s'],
    [-5, '0 s'],
  ])('of %d ms reads %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it('that is still running counts whole seconds', () => {
    expect([999, 59_999, 61_500].map(formatElapsed)).toEqual(['0 s', '59 s', '1 min 01 s']);
  });
});

describe('a size', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1536, '1.5 KiB'],
    [1_048_064, '1.0 MiB'],
    [23 * 1024 ** 2, '23 MiB'],
    [5 * 1024 ** 5, '5120 TiB'],
  ])('of %d bytes reads %s', (bytes, text) => {
    expect(formatSize(bytes)).toBe(text);
  });
});

describe('a size that was written in the configuration', () => {
  it.each([
    ['24GB', '24 GB'],
    ['24GiB', '24 GiB'],
    ['24576MiB', '24 GiB'],
    ['500MB', '500 MB'],
    ['1500MB', '1.5 GB'],
    ['1.5GiB', '1.5 GiB'],
    ['80GB', '80 GB'],
    ['1TB', '1 TB'],
    ['1000000', '1 MB'],
    ['0', '0 B'],
    ['12345678', '12 MiB'],
    ['999', '999 B'],
  ])('of %s reads %s', (written, text) => {
    expect(formatWrittenSize(parseSize(written) ?? NaN)).toBe(text);
  });
});

describe('a measured figure', () => {
  it.each([
    [0, '0'],
    [0.012345, '0.0123'],
    [0.0996, '0.10'],
    [1.234, '1.23'],
    [9.994, '9.99'],
    [9.996, '10.0'],
    [45.67, '45.7'],
    [99.94, '99.9'],
    [99.96, '100'],
    [1520.4, '1,520'],
    [1234567, '1,234,567'],
    [-1520.4, '-1,520'],
  ])('of %d reads %s', (value, text) => {
    expect(formatFigure(value)).toBe(text);
  });
});
