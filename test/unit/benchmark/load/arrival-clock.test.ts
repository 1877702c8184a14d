import { setImmediate as nextTurn } from 'node:timers/promises';

import { describe, expect, it } from 'vitest';

import { createArrivalClock } from '../../../../src/benchmark/load/request/arrival-clock.js';

describe('the arrival clock', () => {
  it('gives everything in one turn of the event loop the time of the first', async () => {
    let time = 10;
    const arrivalMs = createArrivalClock(() => time);
    expect(arrivalMs()).toBe(10);
    time = 12;
    expect([arrivalMs(), arrivalMs()]).toEqual([10, 10]);
    await nextTurn();
    expect(arrivalMs()).toBe(12);
  });

  it('looks again after as many readings as one turn can report sockets', () => {
    let time = 1;
    const arrivalMs = createArrivalClock(() => time);
    for (let reading = 0; reading < 1024; reading += 1) expect(arrivalMs()).toBe(1);
    time = 2;
    expect([arrivalMs(), arrivalMs()]).toEqual([2, 2]);
  });
});
