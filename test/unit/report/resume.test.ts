import { describe, expect, it } from 'vitest';

import { describeResume } from '../../../src/report/resume.js';
import { renderRuns } from '../../../src/report/tables.js';

describe('a run that continues another', () => {
  it('tells what is kept, what runs and why, and what is left out', () => {
    const lines = describeResume({
      resumed_from: '20260102_000000',
      kept: [
        { scenario: 'a', kept_from: '20260102_000000' },
        { scenario: 'b', kept_from: '20260101_000000' },
      ],
      rerun: [{ scenario: 'c', reasons: ['1', '2', '3', '4', '5'] }],
      left_out: [{ scenario: 'd', reason: 'it is disabled now' }],
    });
    expect(lines).toEqual([
      'continues run 20260102_000000: 2 scenarios kept, 1 to run',
      'a is kept: nothing that it stands on has changed',
      'b is kept from run 20260101_000000: nothing that it stands on has changed',
      'c runs: 1; 2; 3; and 2 more',
      'd is left out: it is disabled now',
    ]);
  });

  it('is listed with the runs before and after it', () => {
    const run = { status: 'completed', started_at: null, duration_s: 1 } as const;
    const completed = { status: 'completed', duration_s: 1 } as const;
    const table = renderRuns([
      {
        ...run,
        run: '20260102_000000',
        resumed_from: '20260101_000000',
        resumed_by: null,
        scenarios: [
          { name: 'a', ...completed, kept_from: '20260101_000000' },
          { name: 'b', ...completed, kept_from: null },
        ],
      },
    ]);
    expect(table).toContain('CONTINUES');
    expect(table).toMatch(/2 completed \(1 kept\) +20260101_000000/);
    expect(renderRuns([{ ...run, run: '20260101_000000', scenarios: [] }])).not.toContain(
      'CONTINUE',
    );
  });
});
