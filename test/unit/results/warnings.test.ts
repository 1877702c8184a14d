import { describe, expect, it } from 'vitest';

import type { StampedEvent } from '../../../src/model/event.js';
import { createWarningFold, warningsIn, warningsOf } from '../../../src/results/warnings.js';
import { failureRecord } from '../report/samples.js';

const at = '2026-06-01T19:04:09.000Z';
const hook = {
  ...{ at, type: 'hook_finished', hook: 'after_ready', script: 'hooks/after_ready.sh' },
  ...{ scenario: 'sweep', node: 'node1', status: 'failed', exit_code: 1, signal: null },
  ...{ timed_out: false, duration_s: 1, output: [], log: '/log' },
  failure: failureRecord({ kind: 'hook_failed', message: 'exit status 1', service: null }),
} as const;

/** Every event that warns, and beside each one that does not. */
const EVENTS = [
  { at, type: 'warning', node: 'node2', message: 'the clock jumped' },
  { ...hook, on_error: 'warn' },
  { ...hook, on_error: 'fail' },
  { ...hook, on_error: 'warn', failure: null },
  {
    ...{ at, type: 'node_checked', node: 'node1', status: 'ok', strategy: 'standard' },
    ...{ facts: null, images: [], failures: [], duration_s: 1, warnings: ['its clock is 3 s off'] },
  },
  { at, type: 'warning', node: 'node2', message: 'the clock jumped' },
  { at, type: 'waiting', scenario: null, duration_s: 1, reason: 'between scenarios' },
] as unknown as readonly StampedEvent[];

const EXPECTED = [
  { message: 'the clock jumped', scenario: null, node: 'node2', service: null, times: 2 },
  { message: 'exit status 1', scenario: 'sweep', node: 'node1', service: null, times: 1 },
  { message: 'its clock is 3 s off', scenario: null, node: 'node1', service: null, times: 1 },
];

describe('the warnings of a run', () => {
  it('are those of its events, its nodes and its hooks, the same one once', () => {
    const warned = createWarningFold();
    for (const event of EVENTS) warned.add(warningsOf(event));
    expect(warned.list()).toEqual(EXPECTED);
  });

  it('are the same when read from its log', () => {
    const warned = createWarningFold();
    for (const event of EVENTS) {
      warned.add(warningsIn(JSON.parse(JSON.stringify(event)) as Record<string, unknown>));
    }
    expect(warned.list()).toEqual(EXPECTED);
    expect(warningsIn({ type: 'warning', message: 7 })).toEqual([]);
    expect(warningsIn({ type: 'node_checked', warnings: 'none' })).toEqual([]);
  });

  it('are counted, and no longer named, beyond a hundred', () => {
    const warned = createWarningFold();
    for (let index = 0; index < 150; index += 1) {
      warned.add([{ message: `${index}`, scenario: null, node: null, service: null }]);
    }
    expect(
      warned
        .list()
        .slice(99)
        .map(({ message }) => message),
    ).toEqual(['99', 'and 50 more, which events.ndjson has']);
  });
});
