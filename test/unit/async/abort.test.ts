import { getEventListeners } from 'node:events';

import { describe, expect, it } from 'vitest';

import { aborted, onAbort, untilAborted } from '../../../src/async/abort.js';

const listeners = (signal: AbortSignal) => getEventListeners(signal, 'abort').length;

describe('waiting for an abort', () => {
  it('acts once, and can be undone', () => {
    const controller = new AbortController();
    let acted = 0;
    onAbort(controller.signal, () => (acted += 1));
    const forget = onAbort(controller.signal, () => (acted += 100));
    forget();
    controller.abort();
    expect(acted).toBe(1);
    expect(listeners(controller.signal)).toBe(0);
  });

  it('acts at once where it is too late, and never where there is no signal', async () => {
    let acted = 0;
    onAbort(AbortSignal.abort(), () => (acted += 1))();
    onAbort(undefined, () => (acted += 1))();
    expect(acted).toBe(1);
    await aborted(AbortSignal.abort());
  });

  it('is no leak when hundreds do it', async () => {
    const warnings: string[] = [];
    const note = (warning: Error) => warnings.push(warning.name);
    process.on('warning', note);
    const { signal } = new AbortController();
    for (let index = 0; index < 200; index += 1) onAbort(signal, () => undefined);
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', note);
    expect(warnings).toEqual([]);
  });
});

describe('reading until an abort', () => {
  it('passes everything on', async () => {
    const { signal } = new AbortController();
    const source = [1, 2, 3][Symbol.iterator]();
    const values: number[] = [];
    for await (const value of untilAborted(toAsync(source), signal)) values.push(value);
    expect(values).toEqual([1, 2, 3]);
    expect(listeners(signal)).toBe(0);
  });

  it('ends although the source never yields', async () => {
    const controller = new AbortController();
    const silent = {
      [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }),
    };
    const reading = untilAborted(silent, controller.signal).next();
    controller.abort();
    expect((await reading).done).toBe(true);
  });

  it('closes the source when its reader leaves', async () => {
    let isClosed = false;
    async function* source() {
      try {
        for (;;) yield await Promise.resolve(1);
      } finally {
        isClosed = true;
      }
    }
    const { signal } = new AbortController();
    for await (const value of untilAborted(source(), signal)) if (value === 1) break;
    await new Promise((resolve) => setImmediate(resolve));
    expect(isClosed).toBe(true);
    expect(listeners(signal)).toBe(0);
  });

  it('passes on what the source throws', async () => {
    // eslint-disable-next-line require-yield -- it fails before it could
    async function* failing(): AsyncGenerator<number> {
      await Promise.resolve();
      throw new Error('broken');
    }
    await expect(untilAborted(failing(), new AbortController().signal).next()).rejects.toThrow(
      'broken',
    );
  });
});

async function* toAsync<T>(source: Iterable<T>): AsyncGenerator<T> {
  for (const value of source) yield await Promise.resolve(value);
}
