import { describe, expect, it } from 'vitest';

import { createFailure } from '../../../src/model/failure.js';
import { openLocal } from '../../../src/remote/local/connection.js';
import { type Connect, createPool } from '../../../src/remote/pool.js';
import { nodeSpec } from '../../support/specs.js';

function countingPool() {
  let opened = 0;
  const connect: Connect = (node) => {
    opened += 1;
    return openLocal(node, { cwd: '/' });
  };
  return { pool: createPool(connect), opened: () => opened };
}

describe('a pool of connections', () => {
  it('opens one per node, however many want it at once', async () => {
    const { pool, opened } = countingPool();
    const node = nodeSpec();
    const results = await Promise.all(
      [1, 2, 3].map((number) => pool.use(node, () => Promise.resolve(number))),
    );
    expect(results).toEqual([1, 2, 3].map((value) => ({ ok: true, value })));
    await pool.use(nodeSpec({ name: 'node2' }), () => Promise.resolve());
    expect(opened()).toBe(2);
    await pool.closeAll();
  });

  it('opens anew after all were closed', async () => {
    const { pool, opened } = countingPool();
    await pool.use(nodeSpec(), () => Promise.resolve());
    await pool.closeAll();
    const ran = await pool.use(nodeSpec(), (connection) => connection.exec({ argv: ['true'] }));
    expect(ran).toMatchObject({ ok: true, value: { termination: 'exited', exitCode: 0 } });
    expect(opened()).toBe(2);
    await pool.closeAll();
  });

  it('tells why there is no connection, and tries again the next time', async () => {
    let isThere = false;
    const failure = createFailure('unreachable', 'no route to host');
    const pool = createPool((node) =>
      isThere ? openLocal(node, { cwd: '/' }) : Promise.resolve({ ok: false, failure }),
    );
    expect(await pool.use(nodeSpec(), () => Promise.resolve(1))).toEqual({ ok: false, failure });
    isThere = true;
    expect(await pool.use(nodeSpec(), () => Promise.resolve(1))).toEqual({ ok: true, value: 1 });
    await pool.closeAll();
  });
});
