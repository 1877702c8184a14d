import { describe, expect, it } from 'vitest';

import { renderSummary, type SuiteOverview } from '../../../src/report/summary.js';
import { displayWidth } from '../../../src/report/text/width.js';
import { failureRecord, loadPoint, measuredPoint, outcome } from './samples.js';

function overview(overrides: Partial<SuiteOverview> = {}): SuiteOverview {
  return {
    run: '20260601_190409',
    status: 'failed',
    exit_code: 1,
    duration_s: 185,
    results_path: '/project/results/20260601_190409',
    scenarios: [],
    warnings: [],
    ...overrides,
  };
}

describe('the summary of a run', () => {
  it('tells how each scenario went, what was measured, what failed, and where the results are', () => {
    const text = renderSummary(
      overview({
        scenarios: [
          { ...outcome('baseline_test'), metrics: [measuredPoint(1), measuredPoint(16)] },
          {
            ...outcome('disaggregated', {
              status: 'failed',
              attempts: 2,
              failure: failureRecord(),
            }),
            metrics: [],
          },
          {
            ...outcome('sweep', {
              status: 'skipped',
              attempts: 0,
              reason: 'disaggregated failed and --fail-fast was given',
            }),
            metrics: [],
          },
        ],
      }),
    );
    expect(`\n${text}`).toMatchInlineSnapshot(`
      "
      ✖ Run 20260601_190409: failed after 3 min 05 s (exit code 1)

         SCENARIO       STATUS           TOOK
      ✔  baseline_test  completed  1 min 08 s
      ✖  disaggregated  failed     1 min 08 s  attempt 2
      ↓  sweep          skipped             –  disaggregated failed and --fail-fast
                                               was given

      scenario       concurrency  failed  req/s  tok/s   TTFT p50   TTFT p99  TPOT p50
                                                             (ms)       (ms)      (ms)
      baseline_test            1       0   1.00    150       45.6      1,235      9.87
                              16       0   16.0  2,400       45.6      1,235      9.87

      ✖ disaggregated: p-1 on node1: exited with status 1 before it was ready
        │ loading weights
        │ CUDA error: out of memory
        → read its log

      Results: /project/results/20260601_190409
      "
    `);
    for (const line of text.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(80);
  });

  it('names load points by their label where the source says nothing of the load', () => {
    const text = renderSummary(
      overview({
        scenarios: [
          {
            ...outcome('a'),
            metrics: [loadPoint({ label: 'short prompts', request_throughput: 3 })],
          },
        ],
      }),
    );
    expect(text).toContain('scenario  label          req/s');
    expect(text).toContain('a         short prompts   3.00');
  });

  it('shows the first of very many load points', () => {
    const metrics = Array.from({ length: 100 }, (_, index) => measuredPoint(index + 1));
    const text = renderSummary(overview({ scenarios: [{ ...outcome('a'), metrics }] }));
    expect(text).toContain('and 60 more load points: see performance_results.csv');
    expect(text.split('\n').length).toBeLessThan(60);
  });

  it('of a run that died has no exit code', () => {
    const text = renderSummary(
      overview({ status: 'interrupted', exit_code: null, duration_s: null }),
    );
    expect(text).toContain('Run 20260601_190409: interrupted\n');
  });

  it('tells what went wrong with the run itself, and again what was warned of', () => {
    const warning = { message: 'the clock jumped', scenario: null, node: null, service: null };
    const warnings = [
      { ...warning, scenario: 'sweep', node: 'node1', times: 3 },
      ...Array.from({ length: 12 }, (_, index) => ({ ...warning, node: `n${index}`, times: 1 })),
    ];
    const failure = failureRecord({ kind: 'hook_failed', message: 'before_suite: exit status 1' });
    const text = renderSummary(overview({ failure: { ...failure, output: [] }, warnings }));
    expect(text).toContain('before_suite: exit status 1\n');
    expect(text).toContain('sweep: node1: the clock jumped (3 times)\n');
    expect(text).toContain('n8: the clock jumped\nand 3 more warnings: see suite_summary.json\n');
    expect(renderSummary(overview({ warnings }), { isVerbose: true })).toContain('n11: the clock');
  });
});
