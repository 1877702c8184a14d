import { describe, expect, it } from 'vitest';

import type { StampedEvent } from '../../../../src/model/event.js';
import type { Reporter } from '../../../../src/report/reporter.js';
import { createTee } from '../../../../src/report/reporters/tee.js';
import { at, phaseStarted } from '../samples.js';

const event = at(0, phaseStarted('a', 'deploy'));

function recording(): Reporter & {
  readonly seen: StampedEvent[];
  readonly isClosed: () => boolean;
} {
  const seen: StampedEvent[] = [];
  let isClosed = false;
  return {
    seen,
    isClosed: () => isClosed,
    on: (each) => seen.push(each),
    close() {
      isClosed = true;
      return Promise.resolve();
    },
  };
}

describe('a tee of reporters', () => {
  it('hands every event to each', () => {
    const [one, two] = [recording(), recording()];
    createTee([one, two], () => undefined).on(event);
    expect([one.seen, two.seen]).toEqual([[event], [event]]);
  });

  it('goes on without one that throws, and tells', () => {
    const defects: unknown[] = [];
    const bug = new Error('bug');
    let calls = 0;
    const broken: Reporter = {
      on() {
        calls += 1;
        throw bug;
      },
      close: () => Promise.resolve(),
    };
    const sound = recording();
    const tee = createTee([broken, sound], (error) => defects.push(error));
    tee.on(event);
    tee.on(event);
    expect(sound.seen).toHaveLength(2);
    expect(calls).toBe(1);
    expect(defects).toEqual([bug]);
  });

  it('closes all, also when one cannot be closed', async () => {
    const defects: unknown[] = [];
    const broken: Reporter = { on: () => undefined, close: () => Promise.reject(new Error('bug')) };
    const sound = recording();
    await createTee([broken, sound], (error) => defects.push(error)).close();
    expect(sound.isClosed()).toBe(true);
    expect(defects).toHaveLength(1);
  });
});
