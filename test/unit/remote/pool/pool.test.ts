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
