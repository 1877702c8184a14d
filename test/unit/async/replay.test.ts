import { getEventListeners } from 'node:events';

import { describe, expect, it } from 'vitest';

import { createReplay } from '../../../src/async/replay.js';

const never = new AbortController().signal;

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const values: T[] = [];
  for await (const value of source) values.push(value);
  return values;
}

describe('a replay', () => {
  it('gives every reader all values, whenever it began', async () => {
    const replay = createReplay<number>();
    replay.push(1);
    const early = collect(replay.read(never));
    replay.push(2);
    await Promise.resolve();
    replay.push(3);
    replay.end();
    replay.end();
    replay.push(4);
    expect(await early).toEqual([1, 2, 3]);
    expect(await collect(replay.read(never))).toEqual([1, 2, 3]);
  });

  it('gives undefined like any other value', async () => {
    const replay = createReplay<undefined>();
    replay.push(undefined);
    replay.end();
    expect(await collect(replay.read(never))).toEqual([undefined]);
  });

  it('lets a reader go when its signal aborts, and keeps no listener of it', async () => {
    const replay = createReplay<number>();
    const cancel = new AbortController();
    const reading = collect(replay.read(cancel.signal));
    replay.push(1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(getEventListeners(cancel.signal, 'abort')).toHaveLength(1);
    cancel.abort();
    expect(await reading).toEqual([1]);
    expect(await collect(replay.read(cancel.signal))).toEqual([]);
    expect(getEventListeners(cancel.signal, 'abort')).toHaveLength(0);
  });
});
