import { orAborted } from '../../async/abort.js';
import type { NodeSpec } from '../../model/node.js';
import type { ConnectionPool } from '../../remote/pool/pool.js';
import type { Holder, WatchdogNote } from './answer.js';
import { readLease } from './lease.js';

/** How it stands with a machine. */
export interface LockState {
  readonly node: string;
  /** `null`: nobody has it. */
  readonly holder: Holder | null;
  /** `held`; `expiring`: not renewed in time, its watchdog cleans up; `dead`: not renewed, and nobody does. */
  readonly state: string;
  readonly notes: readonly WatchdogNote[];
}

export interface LockQuestion {
  readonly pool: ConnectionPool;
  /** The project's root, absolute. */
  readonly root: string;
  readonly signal: AbortSignal;
}

/** Who has the machines, asked of all at once. Those that do not answer until the signal aborts are left out. */
export async function lookAtLocks(
  machines: readonly NodeSpec[],
  { pool, root, signal }: LockQuestion,
): Promise<readonly LockState[]> {
  const states = await Promise.all(
    machines.map(async (node): Promise<LockState | null> => {
      const asked = await orAborted(readLease(pool, node, root, { signal }), signal);
      if (!asked?.ok) return null;
      const { word, holder, notes } = asked.value;
      return { node: node.name, holder, state: word, notes };
    }),
  );
  return states.filter((state) => state !== null);
}
