import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { ReadinessProbe } from '../../src/readiness/probe.js';

/** A probe, and the thing it looks at, which is not ready at first. */
export interface ProbeUnderTest {
  readonly probe: ReadinessProbe;
  readonly makeReady: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** What every `ReadinessProbe` has to do. */
export function describeProbe(kind: string, open: () => Promise<ProbeUnderTest>): void {
  describe(`the ${kind} probe`, () => {
    let test: ProbeUnderTest;
    beforeEach(async () => {
      test = await open();
    });
    afterEach(() => test.close());

    it('resolves with true when the service is ready', async () => {
      await test.makeReady();
      expect(await test.probe.wait(new AbortController().signal, () => undefined)).toBe(true);
    });

    it('waits until the service becomes ready, and says meanwhile what it sees', async () => {
      const observed = new Promise<string>((resolve) => {
        void test.probe.wait(new AbortController().signal, resolve).then((isReady) => {
          resolve(isReady ? 'ready without a word' : 'never ready');
        });
      });
      expect(await observed).not.toBe('ready without a word');
      const waiting = test.probe.wait(new AbortController().signal, () => undefined);
      await test.makeReady();
      expect(await waiting).toBe(true);
    });

    it('resolves with false, promptly, when the signal aborts', async () => {
      const cancel = new AbortController();
      const waiting = new Promise<boolean>((resolve, reject) => {
        test.probe
          .wait(cancel.signal, () => setImmediate(() => cancel.abort()))
          .then(resolve, reject);
      });
      expect(await waiting).toBe(false);
    });

    it('resolves with false when the signal has aborted before', async () => {
      expect(await test.probe.wait(AbortSignal.abort(), () => undefined)).toBe(false);
    });

    it('leaves no timer, socket or process behind', async () => {
      const before = activeResources();
      for (let round = 0; round < ROUNDS; round += 1) {
        const cancel = new AbortController();
        await test.probe.wait(cancel.signal, () => cancel.abort());
      }
      // The test runner has timers of its own that come and go: a leak is one in every round.
      await expect.poll(() => activeResources() - before).toBeLessThan(ROUNDS / 2);
    });
  });
}

const ROUNDS = 20;

/** How much keeps the event loop alive. */
function activeResources(): number {
  return process.getActiveResourcesInfo().length;
}
