import { describe, expect, it } from 'vitest';

import { suiteExitCode, worstOf } from '../../../src/run/verdict.js';

describe('suiteExitCode', () => {
  it.each([
    [[], undefined, 0],
    [['script_failed'], undefined, 1],
    [['service_exited', 'unreachable'], undefined, 3],
    [['script_failed', 'disk_full'], undefined, 3],
    [['cancelled'], 130, 130],
    [['cancelled'], 143, 143],
    [['unreachable'], 130, 130],
    [['cancelled', 'left_behind'], 130, 4],
    [['left_behind', 'unreachable', 'script_failed'], undefined, 4],
  ] as const)('of %j with signal code %s is %i', (kinds, interruption, expected) => {
    expect(suiteExitCode(kinds, [], interruption)).toBe(expected);
  });

  it('counts a result that means nothing as a failed scenario', () => {
    expect(suiteExitCode([], ['completed', 'invalid'], undefined)).toBe(1);
  });
});

describe('worstOf', () => {
  it.each([
    [[], 'completed'],
    [['completed', 'skipped'], 'skipped'],
    [['skipped', 'failed', 'invalid'], 'failed'],
    [['failed', 'cancelled', 'skipped'], 'cancelled'],
  ] as const)('of %j is %s', (statuses, expected) => {
    expect(worstOf(statuses)).toBe(expected);
  });
});
