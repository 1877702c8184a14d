import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';

import { onTestFinished } from 'vitest';

import { createFailure, type Outcome } from '../../../../src/model/failure.js';
import type { NodeSpec } from '../../../../src/model/node.js';
import { createPool } from '../../../../src/remote/pool/pool.js';
import type { Claim } from '../../../../src/run/lease/lease.js';
import type { ManualClock } from '../../../support/manual-clock.js';
import { nodeSpec } from '../../../support/specs.js';
import { makeTempFolder } from '../../../support/temp-folder.js';
import { openNode } from '../../remote/transfer/stream/nodes.js';

let count = 0;

/** Machines with a folder for their lease each, and the lines to them, which can be cut. */
export async function openMachines(...names: readonly string[]) {
  const root = await makeTempFolder();
  const isCut = new Set<string>();
  const dials = new Map<string, number>();
  const pool = createPool(async (node) => {
    dials.set(node.name, (dials.get(node.name) ?? 0) + 1);
    return isCut.has(node.name)
      ? { ok: false, failure: createFailure('unreachable', 'no route', { node: node.name }) }
      : { ok: true, value: await openNode() };
  });
  onTestFinished(() => pool.closeAll());
  const machines = await Promise.all(
    names.map(async (name) => {
      const base = path.join(root, `work of ${name}`);
      await mkdir(base);
      const folder = path.join(root, name, 'lock');
      const node: NodeSpec = nodeSpec({ name, lockPath: folder, dockerComposePath: base });
      const lease = path.join(folder, 'lease');
      return {
        ...{ node, folder, lease },
        isLeased: () => existsSync(lease),
        /** How often it was tried to open a line to it. */
        dials: () => dials.get(name) ?? 0,
        /** Another one each time that it is renewed. */
        beat: () => readFile(path.join(lease, 'beat'), 'utf8'),
        cut: async () => {
          isCut.add(name);
          await pool.closeAll();
        },
        mend: () => isCut.delete(name),
      };
    }),
  );
  // Whatever a failed test leaves must not watch on.
  onTestFinished(async () => {
    for (const { folder } of machines) await rm(folder, { recursive: true, force: true });
  });
  return { root, pool, machines };
}

export function makeClaim(leaseMs = 60_000, controller = 'c0ffee'): Claim {
  count += 1;
  const id = `${process.pid}x${count}`;
  return {
    ...{ holder: id, run: `R${id}`, controller, machine: 'desk', user: 'ann', pid: 1 },
    ...{ root: '/home/ann/bench', since: '2026-06-01T19:04:09.000Z', leaseMs },
  };
}

export function valueOf<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(outcome.failure.message);
  return outcome.value;
}

export async function until(isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const giveUpAt = Date.now() + 15_000;
  while (!(await isSo())) {
    if (Date.now() > giveUpAt) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Until whoever sleeps on the clock does so for this long: what it did before, out in the world, is over. */
export function untilRemaining(clock: ManualClock, ...ms: readonly number[]): Promise<void> {
  return until(
    () => String(clock.remaining) === String(ms),
    `there is to be waited for ${String(ms)} ms, and not for ${String(clock.remaining)}`,
  );
}
