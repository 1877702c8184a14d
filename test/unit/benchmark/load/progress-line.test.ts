import { describe, expect, it } from 'vitest';

import { trackProgress } from '../../../../src/benchmark/load/statistics/progress.js';
import { describeProgress } from '../../../../src/benchmark/load/statistics/progress-line.js';

describe('progress in a line', () => {
  it('tells how far it is, and the figures as soon as there are any', () => {
    let nowMs = 5000;
    const tracker = trackProgress(20, () => nowMs);
    tracker.started();
    tracker.started();
    expect(describeProgress(tracker.snapshot())).toBe('0/20 done, 2 in flight, 0 s');
    nowMs += 2500;
    tracker.settled({
      status: 'completed',
      startedMs: 0,
      sentMs: 0,
      tokenTimesMs: [80, 92, 104],
      completedMs: 104,
      inputTokens: 5,
      outputTokens: 25,
    });
    tracker.settled({
      status: 'failed',
      startedMs: 0,
      failure: { kind: 'timeout', message: '', status: null },
    });
    expect(describeProgress(tracker.snapshot())).toBe(
      '2/20 done, 1 failed, 0 in flight, 2 s, 10 tok/s, TTFT p50 80 p99 80 ms, TPOT p50 1.0 p99 1.0 ms',
    );
  });
});
