import { describe, expect, it } from 'vitest';

import { parseSize, SIZE_PATTERN } from '../../../../src/config/value/size.js';

describe('a size', () => {
  it.each([
    [1024, 1024],
    ['1024', 1024],
    ['24GB', 24e9],
    ['24GiB', 24 * 2 ** 30],
    ['24 gb', 24e9],
    ['1.5TiB', 1.5 * 2 ** 40],
    ['512MB', 512e6],
    ['10B', 10],
  ])('%j is %d bytes', (written, expected) => {
    expect(parseSize(written)).toBe(expected);
    expect(String(written)).toMatch(new RegExp(SIZE_PATTERN));
  });

  it.each([-1, NaN, '', 'GB', '24G', '24 GBs', '24  GB', '-1GB', '1e3'])(
    '%j is none',
    (written) => {
      expect(parseSize(written)).toBeUndefined();
      if (typeof written === 'string') expect(written).not.toMatch(new RegExp(SIZE_PATTERN));
    },
  );
});
