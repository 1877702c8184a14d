import { describe, expect, it } from 'vitest';

import { findNearest, suggest } from '../../../../src/config/value/nearest.js';

const KEYS = ['timeout', 'max_retries', 'collection_mode', 'host', 'health_check_timeout'];

describe('the nearest name', () => {
  it.each([
    ['tiemout', 'timeout'],
    ['timeuot', 'timeout'],
    ['maxRetries', 'max_retries'],
    ['max-retries', 'max_retries'],
    ['hots', 'host'],
    ['HOST', 'host'],
    ['collection', 'collection_mode'],
  ])('of %s is %s', (written, expected) => {
    expect(findNearest(written, KEYS)).toBe(expected);
  });

  it.each(['colour', 'x', '', 'password'])('of %j is none', (written) => {
    expect(findNearest(written, KEYS)).toBeUndefined();
  });

  it('is suggested, or else everything there is', () => {
    expect(suggest('tiemout', KEYS, 'known here')).toBe('did you mean `timeout`?');
    expect(suggest('zzz', ['a', 'b'], 'nodes')).toBe('nodes: a, b');
    expect(suggest('zzz', [], 'nodes')).toBe('');
  });
});
