import { describe, expect, it } from 'vitest';

import { summarizeLoad } from '../../../../src/report/load/headline.js';
import { loadPoint, measuredPoint } from '../samples.js';

describe('load points in one line', () => {
  it('are nothing where there are none', () => {
    expect(summarizeLoad([])).toBe('');
  });

  it('are the main figures of a single one', () => {
    expect(summarizeLoad([measuredPoint(8, { requests_failed: 2 })])).toBe(
      '1,200 tok/s, TTFT p50 45.6 ms, TPOT p50 9.87 ms, 2 requests failed',
    );
  });

  it('are the peak of several', () => {
    expect(summarizeLoad([measuredPoint(8), measuredPoint(32), measuredPoint(16)])).toBe(
      '3 load points, best 4,800 tok/s at concurrency 32',
    );
  });

  it('compare requests only where no tokens were counted', () => {
    const points = [
      loadPoint({ request_rate: 5, request_throughput: 4.5 }),
      loadPoint({ request_rate: 10, request_throughput: 7.25 }),
    ];
    expect(summarizeLoad(points)).toBe('2 load points, best 7.25 req/s at 10.0 req/s');
  });

  it('are only counted where the source gives no throughput', () => {
    expect(summarizeLoad([loadPoint()])).toBe('1 load point');
    expect(summarizeLoad([loadPoint(), loadPoint()])).toBe('2 load points');
  });
});
