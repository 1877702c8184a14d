import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createRandom } from '../../../../src/benchmark/seeded-random.js';
import {
  createEngineModel,
  type EngineLimits,
  type EngineModel,
  type EngineTiming,
  type Sequence,
} from '../../../../src/benchmark/simulator/engine-model.js';

const timing: EngineTiming = {
  prefillMsPerToken: 0.5,
  decodeMs: 10,
  decodeMsPerSequence: 2,
  jitter: 0,
};
const limits: EngineLimits = { maxBatch: 3, maxPrefillTokens: 1000 };
const newModel = (
  changes: { timing?: Partial<EngineTiming>; limits?: Partial<EngineLimits> } = {},
) =>
  createEngineModel(
    { ...timing, ...changes.timing },
    { ...limits, ...changes.limits },
    createRandom(1),
  );
const sequence = (id: number, promptTokens: number, outputTokens: number): Sequence => ({
  id,
  promptTokens,
  outputTokens,
});
const ids = (step: ReturnType<EngineModel['step']>) => step?.tokens.map(({ id }) => id);

describe('the engine model', () => {
  it('has nothing to do without requests', () => {
    expect(newModel().step()).toBeNull();
  });

  it('prefills in the first step, then decodes a token a step until the last', () => {
    const model = newModel();
    model.submit(sequence(1, 100, 3));
    expect(model.step()).toEqual({ durationMs: 62, tokens: [{ id: 1, isLast: false }] });
    expect(model.step()).toEqual({ durationMs: 12, tokens: [{ id: 1, isLast: false }] });
    expect(model.step()).toEqual({ durationMs: 12, tokens: [{ id: 1, isLast: true }] });
    expect(model.step()).toBeNull();
  });

  it('holds up the others while a new request is prefilled', () => {
    const model = newModel();
    model.submit(sequence(1, 10, 9));
    model.step();
    expect(model.step()?.durationMs).toBe(12);
    model.submit(sequence(2, 200, 9));
    const joined = model.step();
    expect(joined?.durationMs).toBe(10 + 2 * 2 + 200 * 0.5);
    expect(ids(joined)).toEqual([1, 2]);
    expect(model.step()?.durationMs).toBe(14);
  });

  it('keeps those waiting for whom there is no room, and takes them in their order', () => {
    const model = newModel();
    for (const id of [1, 2, 3, 4, 5]) model.submit(sequence(id, 0, id === 2 ? 1 : 2));
    expect(ids(model.step())).toEqual([1, 2, 3]);
    expect([model.running, model.waiting]).toEqual([2, 2]);
    expect(ids(model.step())).toEqual([1, 3, 4]);
    expect(ids(model.step())).toEqual([4, 5]);
    expect(ids(model.step())).toEqual([5]);
    expect(model.step()).toBeNull();
  });

  it('spreads long prompts over steps, and takes one that is too long for any by itself', () => {
    const model = newModel({ limits: { maxPrefillTokens: 100 } });
    for (const [id, tokens] of [60, 40, 1, 500].entries()) model.submit(sequence(id, tokens, 9));
    expect(ids(model.step())).toEqual([0, 1]);
    expect(ids(model.step())).toEqual([0, 1, 2]);
    const other = newModel({ limits: { maxPrefillTokens: 100 } });
    other.submit(sequence(1, 500, 2));
    other.submit(sequence(2, 1, 2));
    expect(ids(other.step())).toEqual([1]);
    expect(ids(other.step())).toEqual([1, 2]);
  });

  it('charges no prefill for what another worker has read', () => {
    const model = newModel();
    model.submit(sequence(1, 0, 2));
    expect(model.step()?.durationMs).toBe(12);
  });

  it('gives the place of a cancelled request to the next', () => {
    const model = newModel({ limits: { maxBatch: 1 } });
    for (const id of [1, 2, 3]) model.submit(sequence(id, 0, 5));
    model.step();
    model.cancel(1);
    model.cancel(2);
    expect(ids(model.step())).toEqual([3]);
    model.cancel(99);
  });

  it('varies its steps by no more than the jitter, in the same way for the same seed', () => {
    const durations = () => {
      const model = newModel({ timing: { jitter: 0.25 } });
      model.submit(sequence(1, 0, 200));
      return Array.from({ length: 200 }, () => model.step()?.durationMs ?? 0);
    };
    const first = durations();
    expect(first).toEqual(durations());
    expect(Math.min(...first)).toBeGreaterThanOrEqual(9);
    expect(Math.max(...first)).toBeLessThanOrEqual(15);
    expect(Math.max(...first) - Math.min(...first)).toBeGreaterThan(5);
  });

  it('makes every token that was asked for, once, in whatever order requests come', () => {
    const requests = fc.array(
      fc.record({ prompt: fc.nat(300), output: fc.integer({ min: 1, max: 20 }), after: fc.nat(3) }),
      { minLength: 1, maxLength: 30 },
    );
    fc.assert(
      fc.property(requests, fc.integer({ min: 1, max: 8 }), (given, maxBatch) => {
        const model = newModel({ limits: { maxBatch, maxPrefillTokens: 256 } });
        const made = new Map<number, number>();
        const advance = () => {
          const step = model.step();
          expect(step?.tokens.length ?? 0).toBeLessThanOrEqual(maxBatch);
          for (const { id, isLast } of step?.tokens ?? []) {
            made.set(id, (made.get(id) ?? 0) + 1);
            expect(isLast).toBe(made.get(id) === given[id]?.output);
          }
          return step !== null;
        };
        for (const [id, { prompt, output, after }] of given.entries()) {
          model.submit(sequence(id, prompt, output));
          for (let steps = 0; steps < after; steps += 1) advance();
        }
        while (advance());
        expect([...made].sort(([a], [b]) => a - b)).toEqual(
          given.map(({ output }, id) => [id, output]),
        );
      }),
    );
  });
});

/** Runs a closed loop in virtual time. */
function simulateLoad(concurrency: number, requests: number) {
  const model = createEngineModel(
    { prefillMsPerToken: 0.1, decodeMs: 10, decodeMsPerSequence: 0.2, jitter: 0 },
    { maxBatch: 16, maxPrefillTokens: 8192 },
    createRandom(0),
  );
  const sentMs = new Map<number, number>();
  const ttfts: number[] = [];
  let nowMs = 0;
  let sent = 0;
  let tokens = 0;
  const send = () => {
    if (sent === requests) return;
    sentMs.set(sent, nowMs);
    model.submit(sequence(sent++, 128, 64));
  };
  while (sent < concurrency) send();
  for (let step = model.step(); step; step = model.step()) {
    nowMs += step.durationMs;
    for (const { id, isLast } of step.tokens) {
      const startMs = sentMs.get(id);
      if (startMs !== undefined) ttfts.push(nowMs - startMs);
      sentMs.delete(id);
      tokens += 1;
      if (isLast) send();
    }
  }
  const mean = ttfts.reduce((sum, ttft) => sum + ttft, 0) / ttfts.length;
  return { throughput: (tokens / nowMs) * 1000, ttftMs: mean };
}

describe('under load, the engine model', () => {
  const [one, four, sixteen, thirtyTwo, sixtyFour] = [1, 4, 16, 32, 64].map((concurrency) =>
    simulateLoad(concurrency, 256),
  ) as [Load, Load, Load, Load, Load];
  type Load = ReturnType<typeof simulateLoad>;

  it('makes more tokens the more requests there are, until its batch is full', () => {
    expect(four.throughput).toBeGreaterThan(one.throughput * 3);
    expect(sixteen.throughput).toBeGreaterThan(four.throughput * 2.5);
    for (const { throughput } of [thirtyTwo, sixtyFour]) {
      expect(throughput / sixteen.throughput).toBeGreaterThan(0.95);
      expect(throughput / sixteen.throughput).toBeLessThan(1.1);
    }
  });

  it('makes requests wait for their first token once its batch is full', () => {
    expect(sixteen.ttftMs).toBeLessThan(250);
    expect(thirtyTwo.ttftMs).toBeGreaterThan(sixteen.ttftMs * 3);
    expect(sixtyFour.ttftMs).toBeGreaterThan(thirtyTwo.ttftMs * 2);
  });
});
