import { describe, expect, it } from 'vitest';

import { createFailure } from '../../../../src/model/failure.js';
import type { Connection } from '../../../../src/remote/connection.js';
import { openLocal } from '../../../../src/remote/local/connection.js';
import { createBudget } from '../../../../src/remote/pool/budget.js';
import { type Connect, type UseOptions, createPool } from '../../../../src/remote/pool/pool.js';
import { createManualClock } from '../../../support/manual-clock.js';
import { nodeSpec } from '../../../support/specs.js';

/** Counts what is opened, and what is open. */
function countingPool(max = Infinity) {
  const opened: string[] = [];
  const connections = new Map<string, Connection>();
  let most = 0;
  const isOpen = (connection: Connection) => connection.isOpen();
  const connect: Connect = async (node) => {
    opened.push(node.name);
    const outcome = await openLocal(node, { cwd: '/' });
    if (outcome.ok) connections.set(`${node.name} ${opened.length}`, outcome.value);
    most = Math.max(most, [...connections.values()].filter(isOpen).length);
    return outcome;
  };
  return { pool: createPool(connect, createBudget(max)), opened, connections, most: () => most };
}

const node = (name: string) => nodeSpec({ name });
const nothing = () => Promise.resolve();

describe('a pool of connections', () => {
  it('opens one per node, however many want it at once', async () => {
    const { pool, opened } = countingPool();
    const results = await Promise.all(
      [1, 2, 3].map((number) => pool.use(node('a'), () => Promise.resolve(number))),
    );
    expect(results).toEqual([1, 2, 3].map((value) => ({ ok: true, value })));
    await pool.use(node('b'), nothing);
    expect(opened).toEqual(['a', 'b']);
    await pool.closeAll();
  });

  it('opens anew after all were closed', async () => {
    const { pool, opened } = countingPool();
    await pool.use(node('a'), nothing);
    await pool.closeAll();
    const ran = await pool.use(node('a'), (connection) => connection.exec({ argv: ['true'] }));
    expect(ran).toMatchObject({ ok: true, value: { termination: 'exited', exitCode: 0 } });
    expect(opened).toEqual(['a', 'a']);
    await pool.closeAll();
  });

  it('replaces one that was lost', async () => {
    const { pool, opened, connections } = countingPool();
    await pool.use(node('a'), nothing);
    await connections.get('a 1')?.close();
    const ran = await pool.use(node('a'), (connection) => connection.exec({ argv: ['true'] }));
    expect(ran).toMatchObject({ ok: true, value: { termination: 'exited' } });
    expect(opened).toEqual(['a', 'a']);
    await pool.closeAll();
  });

  it('never has more open than it may, and closes the one that was idle longest', async () => {
    const { pool, opened, most } = countingPool(2);
    for (const name of ['a', 'b', 'a', 'c', 'a', 'b']) await pool.use(node(name), nothing);
    expect(opened).toEqual(['a', 'b', 'c', 'b']);
    expect(most()).toBe(2);
    await pool.closeAll();
  });

  it('lets wait who finds all of them in use', async () => {
    const { pool, most } = countingPool(1);
    const done: string[] = [];
    let release = (): void => undefined;
    const first = pool.use(node('a'), async () => {
      await new Promise<void>((resolve) => (release = resolve));
      done.push('a');
    });
    const others = ['b', 'c'].map((name) =>
      pool.use(node(name), () => {
        done.push(name);
        return Promise.resolve();
      }),
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect(done).toEqual([]);
    release();
    await Promise.all([first, ...others]);
    expect(done.toSorted()).toEqual(['a', 'b', 'c']);
    expect(most()).toBe(1);
    await pool.closeAll();
  });

  it('tells why there is no connection, and tries again the next time', async () => {
    let isThere = false;
    const failure = createFailure('unreachable', 'no route to host');
    const pool = createPool(
      (spec) => (isThere ? openLocal(spec, { cwd: '/' }) : Promise.resolve({ ok: false, failure })),
      createBudget(1),
    );
    expect(await pool.use(node('a'), () => Promise.resolve(1))).toEqual({ ok: false, failure });
    isThere = true;
    expect(await pool.use(node('b'), () => Promise.resolve(1))).toEqual({ ok: true, value: 1 });
    await pool.closeAll();
  });

  it('lets only the first one wait for a node that is silent, for a while', async () => {
    const clock = createManualClock();
    const failure = createFailure('unreachable', 'no connection within 15 s');
    let dials = 0;
    const pool = createPool(
      async () => {
        dials += 1;
        await clock.sleep(15_000);
        return { ok: false, failure };
      },
      createBudget(1),
      clock,
    );
    const use = (options?: UseOptions) => pool.use(node('a'), nothing, options);
    const dialled = async (options?: UseOptions) => {
      const used = use(options);
      await clock.sleeping();
      await clock.advance(15_000);
      return used;
    };
    expect(await dialled()).toEqual({ ok: false, failure });
    await clock.advance(4_999);
    expect(await use()).toEqual({ ok: false, failure });
    expect(dials).toBe(1);

    expect(await dialled({ isAskedAfresh: true })).toEqual({ ok: false, failure });
    expect(dials).toBe(2);
    await clock.advance(5_000);
    expect(await dialled()).toEqual({ ok: false, failure });
    expect(dials).toBe(3);

    await pool.closeAll();
    expect(await dialled()).toEqual({ ok: false, failure });
    expect(dials).toBe(4);
  });
});

describe('a wait for a connection that is given up', () => {
  /** Dials that take until they are given up or let through. */
  const slowPool = (max = Infinity) => {
    const dials: { readonly signal: AbortSignal; readonly letThrough: () => void }[] = [];
    const connect: Connect = (node, signal) =>
      new Promise((resolve) => {
        const failure = createFailure('cancelled', 'given up');
        signal.addEventListener('abort', () => resolve({ ok: false, failure }));
        dials.push({ signal, letThrough: () => resolve(openLocal(node, { cwd: '/' })) });
      });
    const dialled = (count: number) => expect.poll(() => dials.length).toBe(count);
    return { pool: createPool(connect, createBudget(max)), dials, dialled };
  };
  const cancelled = { ok: false, failure: { kind: 'cancelled', node: 'a' } };

  it('ends at once, and the dial with it', async () => {
    const { pool, dials, dialled } = slowPool();
    const stop = new AbortController();
    const used = pool.use(node('a'), nothing, { signal: stop.signal });
    await dialled(1);
    stop.abort();
    expect(await used).toMatchObject(cancelled);
    expect(dials[0]?.signal.aborted).toBe(true);
    await pool.closeAll();
  });

  it('leaves the dial to others who still wait for it', async () => {
    const { pool, dials, dialled } = slowPool();
    const stop = new AbortController();
    const impatient = pool.use(node('a'), nothing, { signal: stop.signal });
    const patient = pool.use(node('a'), () => Promise.resolve('done'));
    await dialled(1);
    stop.abort();
    expect(await impatient).toMatchObject(cancelled);
    dials[0]?.letThrough();
    expect(await patient).toEqual({ ok: true, value: 'done' });
    expect(dials).toHaveLength(1);
    await pool.closeAll();
  });

  it('keeps nobody who comes later from dialling anew', async () => {
    const { pool, dials, dialled } = slowPool();
    const stop = new AbortController();
    const first = pool.use(node('a'), nothing, { signal: stop.signal });
    await dialled(1);
    stop.abort();
    await first;
    const second = pool.use(node('a'), () => Promise.resolve('done'));
    await dialled(2);
    dials[1]?.letThrough();
    expect(await second).toEqual({ ok: true, value: 'done' });
    await pool.closeAll();
  });

  it('takes nothing from the budget, and does not dial where the signal had aborted before', async () => {
    const { pool, dials, dialled } = slowPool(1);
    const stop = new AbortController();
    const signal = stop.signal;
    const first = pool.use(node('a'), nothing, { signal });
    await dialled(1);
    const waiting = pool.use(node('b'), nothing, { signal });
    stop.abort();
    expect(await first).toMatchObject(cancelled);
    expect(await waiting).toMatchObject({ failure: { kind: 'cancelled', node: 'b' } });
    expect(await pool.use(node('c'), nothing, { signal })).toMatchObject({ ok: false });
    const after = pool.use(node('b'), () => Promise.resolve('done'));
    await dialled(2);
    dials[1]?.letThrough();
    expect(await after).toEqual({ ok: true, value: 'done' });
    await pool.closeAll();
  });
});
