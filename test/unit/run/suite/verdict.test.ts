import { describe, expect, it } from 'vitest';

import { suiteExitCode, worstOf } from '../../../../src/run/suite/verdict.js';

describe('suiteExitCode', () => {
  it.each([
    [[], undefined, 0],
    [['script_failed'], undefined, 1],
    [['service_exited', 'unreachable'], undefined, 3],
    [['script_failed', 'disk_full'], undefined, 3],
    [['cancelled'], 130, 130],
    [['cancelled'], 143, 143],
    [['unreachable'], 130, 130],
    [['cancelled'], 3, 3],
    [['cancelled', 'left_behind'], 3, 4],
    [['cancelled', 'left_behind'], 130, 4],
    [['left_behind', 'unreachable', 'script_failed'], undefined, 4],
  ] as const)('of %j with signal code %s is %i', (kinds, interruption, expected) => {
    expect(suiteExitCode(kinds, [], interruption)).toBe(expected);
  });

  // Of two kinds of trouble, in either order, the code that comes first in 4, 130/143, 3, 1.
  const TROUBLES = [
    [4, 'left_behind'],
    [3, 'node_in_use'],
    [3, 'connection_lost'],
    [1, 'service_not_ready'],
    [1, 'script_failed'],
  ] as const;
  const pairs = TROUBLES.flatMap(([code, kind], index) =>
    TROUBLES.slice(index).map(([, other]) => [kind, other, code] as const),
  );
  it.each(pairs)('of %s and %s is %i', (one, other, expected) => {
    expect(suiteExitCode([one, other], ['failed'], undefined)).toBe(expected);
    expect(suiteExitCode([other, one], ['failed'], undefined)).toBe(expected);
  });

  it.each(TROUBLES)('of an interruption on top is %i only for what is left (%s)', (code, kind) => {
    expect(suiteExitCode([kind, 'cancelled'], ['failed'], 143)).toBe(code === 4 ? 4 : 143);
  });

  it('says that others have a node only where nothing was begun, as nothing is lost then', () => {
    expect(suiteExitCode(['locked'], ['failed'], undefined, false)).toBe(5);
    expect(suiteExitCode(['lease_lost', 'locked'], ['failed'], undefined, true)).toBe(3);
    expect(suiteExitCode(['locked'], ['completed', 'failed'], undefined, true)).toBe(3);
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
