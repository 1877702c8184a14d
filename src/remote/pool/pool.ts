import type { Outcome } from '../../model/failure.js';
import type { NodeSpec } from '../../model/node.js';
import type { Connection } from '../connection.js';
import { type ConnectionBudget, createBudget } from './budget.js';

/** Opens a connection to a node. */
export type Connect = (node: NodeSpec) => Promise<Outcome<Connection>>;

/** The only way to get a connection: opened when first needed, shared, replaced when lost, closed between scenarios. */
export interface ConnectionPool {
  /**
   * Lends a connection for as long as `work` takes.
   *
   * @returns What `work` returned, or why there is no connection.
   */
  use<T>(node: NodeSpec, work: (connection: Connection) => Promise<T>): Promise<Outcome<T>>;
  /** Closes every connection. The pool stays usable: the next `use` opens anew. */
  closeAll(): Promise<void>;
}

interface Entry {
  readonly connected: Promise<Outcome<Connection>>;
  /** Once it is there. */
  connection: Connection | null;
  users: number;
}

/**
 * A pool that keeps one connection per node.
 *
 * @param budget How many may be open; the one that was idle longest is closed for a further one.
 */
export function createPool(
  connect: Connect,
  budget: ConnectionBudget = createBudget(Infinity),
): ConnectionPool {
  /** By node, the least recently used first. */
  const entries = new Map<string, Entry>();
  const closing = new Set<Promise<void>>();

  const close = (name: string, entry: Entry): Promise<void> => {
    if (entries.get(name) === entry) entries.delete(name);
    const closed = entry.connected.then(async (outcome) => {
      if (!outcome.ok) return;
      await outcome.value.close();
      budget.giveBack();
    });
    closing.add(closed);
    const forget = () => closing.delete(closed);
    closed.then(forget, forget);
    return closed;
  };
  const takeFromBudget = async () => {
    while (!budget.tryTake()) {
      const idle = [...entries].find(([, { users, connection }]) => users === 0 && connection);
      if (idle) await close(...idle);
      else await budget.untilChanged();
    }
  };
  const open = (node: NodeSpec): Entry => {
    const entry: Entry = {
      connection: null,
      users: 0,
      connected: takeFromBudget().then(async () => {
        const outcome = await connect(node);
        if (outcome.ok) {
          entry.connection = outcome.value;
        } else {
          budget.giveBack();
          // A failed dial is no answer for the next caller.
          if (entries.get(node.name) === entry) entries.delete(node.name);
        }
        return outcome;
      }),
    };
    entries.set(node.name, entry);
    return entry;
  };
  const entryFor = (node: NodeSpec): Entry => {
    const known = entries.get(node.name);
    if (!known) return open(node);
    if (known.connection && !known.connection.isOpen()) {
      void close(node.name, known);
      return open(node);
    }
    // Used last: the last one to be closed for another.
    entries.delete(node.name);
    entries.set(node.name, known);
    return known;
  };

  return {
    async use(node, work) {
      const entry = entryFor(node);
      entry.users += 1;
      try {
        const connected = await entry.connected;
        return connected.ok ? { ok: true, value: await work(connected.value) } : connected;
      } finally {
        entry.users -= 1;
        if (entry.users === 0 && entry.connection) budget.wake();
      }
    },

    async closeAll() {
      for (const [name, entry] of [...entries]) void close(name, entry);
      await Promise.all(closing);
    },
  };
}
