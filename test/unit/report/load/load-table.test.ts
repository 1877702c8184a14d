import { describe, expect, it } from 'vitest';

import { renderLoadTable } from '../../../../src/report/load/load-table.js';
import { loadPoint } from '../samples.js';

describe('a table of load points', () => {
  it('tells what was served and how long it took, a line for each latency', () => {
    const points = [
      loadPoint({
        concurrency: 1,
        requests_completed: 64,
        requests_failed: 0,
        duration_s: 21.84,
        request_throughput: 2.93,
        output_token_throughput: 93.9,
        total_token_throughput: 469,
        mean_ttft_ms: 23.94,
        p50_ttft_ms: 23.7,
        p99_ttft_ms: 26.2,
        mean_e2e_ms: 1340,
      }),
      loadPoint({
        concurrency: 64,
        requests_completed: 60,
        requests_failed: 4,
        duration_s: 1.91,
        request_throughput: 33.6,
        output_token_throughput: 1074,
        total_token_throughput: 5371,
        mean_ttft_ms: 865,
        p50_ttft_ms: 887,
        p90_ttft_ms: 1327,
        p99_ttft_ms: 1379,
      }),
    ];
    expect(`\n${renderLoadTable(points, { width: 100 })}\n`).toBe(`
concurrency  requests  failed  duration (s)  req/s  output tok/s  total tok/s
          1        64       0          21.8   2.93          93.9          469
         64        60       4          1.91   33.6         1,074        5,371

concurrency  latency (ms)   mean   p50    p90  p95    p99
          1  TTFT           23.9  23.7      –    –   26.2
             E2E           1,340     –      –    –      –
         64  TTFT            865   887  1,327    –  1,379
`);
  });

  it('names points by their label where nothing else tells them apart', () => {
    const table = renderLoadTable([loadPoint({ label: 'unlimited', request_throughput: 5 })], {});
    expect(table.split('\n')[1]).toMatch(/^unlimited\s+5\.00$/);
  });

  it('leaves out what nothing is known of', () => {
    const table = renderLoadTable([loadPoint({ concurrency: 2, requests_completed: 0 })], {});
    expect(table).not.toContain('latency');
    expect(renderLoadTable([], {})).toBe('');
  });
});
