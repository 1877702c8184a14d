import { describe, expect, it } from 'vitest';

import { DURATION_PATTERN, parseDuration } from '../../../../src/config/value/duration.js';

describe('a duration', () => {
  it.each([
    [90, 90_000],
    [0, 0],
    [0.5, 500],
    ['90', 90_000],
    ['0.25', 250],
    ['500ms', 500],
    ['90s', 90_000],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['1h30m', 5_400_000],
    ['1h30m15s250ms', 5_415_250],
    ['1.5h', 5_400_000],
    [' 10s ', 10_000],
  ])('%j is %d ms', (written, expected) => {
    expect(parseDuration(written)).toBe(expected);
  });

  it.each([
    -1,
    NaN,
    Infinity,
    '',
    '-5s',
    's',
    '5 s',
    '5S',
    '5d',
    '5m3',
    '5mm',
    'one',
    '1e3',
    '9'.repeat(400) + 's',
  ])('%j is none', (written) => {
    expect(parseDuration(written)).toBeUndefined();
  });

  it.each(['90', '90s', '1h30m', '500ms', '1.5h'])(
    'the pattern of the schemas takes %s',
    (text) => {
      expect(text).toMatch(new RegExp(DURATION_PATTERN));
    },
  );

  it.each(['', '5d', '-5s', 's', '1h30'])('the pattern of the schemas refuses "%s"', (text) => {
    expect(text).not.toMatch(new RegExp(DURATION_PATTERN));
  });
});
