import { describe, expect, it } from 'vitest';

import type { HookFinished } from '../../../src/model/event.js';
import type { Reporter } from '../../../src/report/reporter.js';
import { describeEvent } from '../../../src/report/reporters/narration.js';
import { createTee } from '../../../src/report/reporters/tee.js';
import { renderHookEnd } from '../../../src/report/reporters/tree/final-lines.js';
import { plainStyle } from '../../../src/report/text/style.js';

const at = '2026-06-01T19:04:11.000Z';
const done: HookFinished = {
  ...{ type: 'hook_finished', point: 'after_ready', hook: 'look.sh', node: 'node1' },
  ...{ scenario: 'one', status: 'ok', exit_code: 0, signal: null, timed_out: false },
  ...{ duration_s: 1.5, on_error: 'warn', failure: null, output: ['all well'], log: '/r/x.log' },
};
const failed: HookFinished = {
  ...done,
  ...{ status: 'failed', exit_code: 7 },
  failure: {
    ...{ kind: 'hook_failed', message: 'the hook look.sh exited with status 7', hint: null },
    ...{ node: 'node1', service: null, output: ['not well'] },
  },
};

describe('a hook that did what it should', () => {
  it('takes one line, with its output where more is asked for', () => {
    const line = 'after_ready hook look.sh on node1: done in 1.5 s';
    expect(describeEvent({ at, ...done })).toEqual([line]);
    expect(describeEvent({ at, ...done }, { isVerbose: true })).toEqual([
      line,
      expect.stringContaining('all well'),
    ]);
    expect(renderHookEnd(done, plainStyle)).toEqual([]);
  });
});

describe('a hook that failed', () => {
  it.each([
    ['warn', 'warning'],
    ['fail', 'FAILED'],
  ] as const)('with on_error %s is told with its last lines', (on_error, word) => {
    const event = { ...failed, on_error };
    expect(describeEvent({ at, ...event })).toEqual([
      `${word} node1: the hook look.sh exited with status 7`,
      expect.stringContaining('not well'),
    ]);
    expect(renderHookEnd(event, plainStyle)).toEqual([
      expect.stringContaining('one: node1: the hook look.sh exited with status 7'),
      expect.stringContaining('not well'),
    ]);
  });
});

describe('several reporters', () => {
  it('are closed one after the other, the last first, so that the others show what it still says', async () => {
    const said: string[] = [];
    const reporter = (name: string): Reporter => ({
      on: (event) => said.push(`${name} ${event.type}`),
      close: async () => {
        await new Promise(setImmediate);
        if (name === 'last') tee.on({ at, type: 'warning', message: '' });
        said.push(`${name} closed`);
      },
    });
    const tee = createTee([reporter('first'), reporter('last')], () => undefined);
    await tee.close();
    expect(said).toEqual(['first warning', 'last warning', 'last closed', 'first closed']);
  });
});
