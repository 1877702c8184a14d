import { type Clock, systemClock } from '../../async/clock.js';
import type { Outcome } from '../../model/failure.js';
import type { NodeSpec } from '../../model/node.js';
import type { Connection } from '../connection.js';
import { type ConnectionBudget, createBudget } from './budget.js';

/** Opens a connection to a node. */
export type Connect = (node: NodeSpec) => Promise<Outcome<Connection>>;

export interface UseOptions {
  /** Dial even a node that has just kept another caller waiting in vain: for those who have waited since. */
  readonly isAskedAfresh?: boolean;
}

/** The only way to get a connection: opened when first needed, shared, replaced when lost, closed between scenarios. */
export interface ConnectionPool {
  /**
   * Lends a connection for as long as `work` takes.
   *
   * @returns What `work` returned, or why there is no connection.
   */
  use<T>(
    node: NodeSpec,
    work: (connection: Connection) => Promise<T>,
    options?: UseOptions,
  ): Promise<Outcome<T>>;
  /** Closes every connection. The pool stays usable: the next `use` opens anew. */
  closeAll(): Promise<void>;
}

interface Entry {
  readonly connected: Promise<Outcome<Connection>>;
  /** Once it is there. */
  connection: Connection | null;
  /** Until when its failure is the answer for everyone, on the clock's scale; `null` where it did not fail. */
  failedUntil: number | null;
  users: number;
}

/**
 * What a failed dial has to take before others believe it: a refusal comes at once and may be over the next moment, as
 * when sshd restarts, but a node that is silent would keep one caller after the other waiting as long as the first.
 */
const SILENCE_MS = 1_000;
/** How long they believe it, as a share of what the dial took. */
const REST = 1 / 3;

/**
 * A pool that keeps one connection per node.
 *
 * @param budget How many may be open; the one that was idle longest is closed for a further one.
 */
export function createPool(
  connect: Connect,
  budget: ConnectionBudget = createBudget(Infinity),
  clock: Clock = systemClock,
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
      failedUntil: null,
      users: 0,
      connected: takeFromBudget().then(async () => {
        const begin = clock.monotonic();
        const outcome = await connect(node);
        if (outcome.ok) {
          entry.connection = outcome.value;
        } else {
          budget.giveBack();
          const end = clock.monotonic();
          const isSilent = end - begin >= SILENCE_MS;
          entry.failedUntil = isSilent ? end + (end - begin) * REST : end;
        }
        return outcome;
      }),
    };
    entries.delete(node.name);
    entries.set(node.name, entry);
    return entry;
  };
  const entryFor = (node: NodeSpec, { isAskedAfresh = false }: UseOptions): Entry => {
    const known = entries.get(node.name);
    if (!known) return open(node);
    if (known.failedUntil !== null) {
      const isBelieved = !isAskedAfresh && clock.monotonic() < known.failedUntil;
      return isBelieved ? known : open(node);
    }
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
    async use(node, work, options = {}) {
      const entry = entryFor(node, options);
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
