import { describe, expect, it } from 'vitest';

import { type RunRow, renderRuns, renderScenarios } from '../../../src/report/tables.js';
import { displayWidth } from '../../../src/report/text/width.js';

describe('the lists', () => {
  it('show the scenarios within 80 columns', () => {
    const text = renderScenarios([
      {
        name: 'baseline_test',
        directory: '001_baseline',
        enabled: true,
        services: 2,
        nodes: ['node1'],
        tags: ['performance', 'baseline'],
        estimated_duration_s: 1800,
        description: 'One engine alone, to compare all the others with',
      },
      {
        name: 'sweep',
        directory: '003_sweep',
        enabled: false,
        services: 0,
        nodes: [],
        tags: [],
        estimated_duration_s: null,
        description: '',
      },
    ]);
    expect(`\n${text}\n`).toMatchInlineSnapshot(`
      "
      SCENARIO       DIRECTORY     ENABLED  SERVICES  ESTIMATE  TAGS
      baseline_test  001_baseline  yes             2    30 min  performance, baseline
      sweep          003_sweep     no              0         –
      "
    `);
    for (const line of text.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(80);
  });

  it('show the runs with how their scenarios ended', () => {
    const run: RunRow = {
      run: '20260601_190409',
      status: 'failed',
      started_at: '2026-06-01T19:04:09.000Z',
      duration_s: 185,
      scenarios: [
        { name: 'a', status: 'completed', duration_s: 60 },
        { name: 'b', status: 'failed', duration_s: 60 },
        { name: 'c', status: 'completed', duration_s: 65 },
      ],
    };
    const torn: RunRow = {
      run: '20260531_080000-2',
      status: 'interrupted',
      started_at: null,
      duration_s: null,
      scenarios: [],
    };
    expect(`\n${renderRuns([run, torn])}\n`).toMatchInlineSnapshot(`
      "
      RUN                STATUS             TOOK  SCENARIOS
      20260601_190409    failed       3 min 05 s  2 completed, 1 failed
      20260531_080000-2  interrupted           –  0 scenarios
      "
    `);
  });
});
