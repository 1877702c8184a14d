import { describe, expect, it } from 'vitest';

import { type CleanUpPage, renderCleanUp } from '../../../src/report/cleanup.js';

const NOTHING: CleanUpPage = { nodes: [], kept: [], gone: [], interrupted_runs: [], forgotten: [] };
const RUN = '20260601_190411';

describe('what cleanup tells', () => {
  it('is a line where there was nothing to do', () => {
    expect(renderCleanUp(NOTHING)).toBe('nothing to clean up');
  });

  it('names what is left once, in the message or below it', () => {
    const left = { run: RUN, node: 'node1', status: 'left' as const, removed: [] };
    const nodes = [
      { ...left, left: ['folder /w'], message: 'could not be removed: folder /w' },
      { ...left, left: ['folder /w'], message: 'it is busy' },
    ];
    expect(renderCleanUp({ ...NOTHING, nodes }).split('\n')).toEqual([
      'LEFT node1: could not be removed: folder /w',
      'LEFT node1: it is busy',
      '  folder /w',
    ]);
  });

  it('says which results are kept, and which are not there any more', () => {
    const about = { run: RUN, node: 'node1' };
    const page = {
      ...NOTHING,
      kept: [{ ...about, scenario: 'first', paths: ['/w/first'] }],
      gone: [{ ...about, scenario: 'second', paths: ['/w/second', '/out'] }],
    };
    expect(renderCleanUp(page).split('\n')).toEqual([
      `node1: results of second (run ${RUN}) that could not be brought home are not in /w/second, /out any more`,
      `node1: results of first (run ${RUN}) could not be brought home, and are kept in`,
      '  /w/first',
      'save them, then: playbook cleanup --kept',
    ]);
  });
});
