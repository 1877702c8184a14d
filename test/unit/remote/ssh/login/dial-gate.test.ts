import { describe, expect, it } from 'vitest';

import {
  createDialGate,
  type DialTurn,
} from '../../../../../src/remote/ssh/login/dial/dial-gate.js';
import { createManualClock } from '../../../../support/manual-clock.js';

const never = new AbortController().signal;

/** Lets everything run that waits for no more than promises. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

function openGate(options: { perAddress?: number; total?: number } = {}) {
  const clock = createManualClock();
  const gate = createDialGate({ clock, ...options });
  const turns: DialTurn[] = [];
  const enter = (count: number, address = 'a', isRetry = false) => {
    for (let each = 0; each < count; each += 1) {
      void gate.enter(address, never, isRetry).then((turn) => {
        if (turn) turns.push(turn);
      });
    }
  };
  return { gate, clock, turns, enter };
}

describe('the gate for dials', () => {
  it('lets as many dial an address at once as it bears, and the next when one is through', async () => {
    const { turns, enter } = openGate({ perAddress: 2 });
    enter(3);
    await settled();
    expect(turns).toHaveLength(2);
    turns[0]?.leave('failed');
    await settled();
    expect(turns).toHaveLength(3);
  });

  it('halves on a refusal, once for all dials that were under way', async () => {
    const { turns, enter } = openGate({ perAddress: 8 });
    enter(20);
    await settled();
    expect(turns).toHaveLength(8);
    for (const turn of turns.splice(0)) turn.leave('refused');
    await settled();
    expect(turns).toHaveLength(4);
    for (const turn of turns.splice(0)) turn.leave('refused');
    await settled();
    expect(turns).toHaveLength(2);
  });

  it('lets at least one go on', async () => {
    const { turns, enter } = openGate({ perAddress: 1 });
    enter(2);
    await settled();
    turns.splice(0).forEach((turn) => turn.leave('refused'));
    await settled();
    expect(turns).toHaveLength(1);
  });

  it('recovers by one after as many successes as it bears', async () => {
    const { turns, enter } = openGate({ perAddress: 2 });
    enter(10);
    await settled();
    for (const turn of turns.splice(0)) turn.leave('done');
    await settled();
    expect(turns).toHaveLength(3);
  });

  it('keeps a limit over all addresses, in which those that wait for their peer do not count', async () => {
    const { turns, enter, clock } = openGate({ total: 2 });
    enter(1, 'a');
    enter(1, 'b');
    enter(1, 'c');
    await settled();
    expect(turns).toHaveLength(2);
    await clock.advance(1_000);
    expect(turns).toHaveLength(3);
  });

  it('does not make other addresses wait behind one that is full', async () => {
    const { turns, enter } = openGate({ perAddress: 1 });
    enter(2, 'a');
    enter(1, 'b');
    await settled();
    expect(turns).toHaveLength(2);
  });

  it('lets those who try again go first', async () => {
    const { gate, turns, enter } = openGate({ perAddress: 1 });
    const order: string[] = [];
    enter(1);
    await settled();
    void gate.enter('a', never).then(() => order.push('new'));
    void gate.enter('a', never, true).then(() => order.push('again'));
    turns[0]?.leave('done');
    await settled();
    expect(order[0]).toBe('again');
  });

  it('knows whether others dialled at the same time', async () => {
    const { turns, enter } = openGate();
    enter(1, 'a');
    await settled();
    expect(turns[0]?.hadCompany()).toBe(false);
    enter(1, 'a');
    await settled();
    expect(turns.map((turn) => turn.hadCompany())).toEqual([true, true]);
  });

  it('forgets those whose signal aborts, and leaves no timer behind', async () => {
    const { gate, turns, enter, clock } = openGate({ perAddress: 1 });
    enter(1);
    await settled();
    const controller = new AbortController();
    const waiting = gate.enter('a', controller.signal);
    controller.abort();
    expect(await waiting).toBeNull();
    expect(await gate.enter('a', controller.signal)).toBeNull();
    turns[0]?.leave('done');
    turns[0]?.leave('done');
    await settled();
    expect(clock.remaining).toEqual([]);
  });
});
