import { OVER, orAborted } from '../../async/abort.js';
import { type Clock, systemClock } from '../../async/clock.js';
import { createFailure, type Failure, type Outcome } from '../../model/failure.js';
import type { NodeSpec } from '../../model/node.js';
import type { Connection } from '../connection.js';
import { type ConnectionBudget, createBudget } from './budget.js';

/**
 * Opens a connection to a node.
 *
 * @param signal Aborts when nobody wants it any more.
 */
export type Connect = (node: NodeSpec, signal: AbortSignal) => Promise<Outcome<Connection>>;

export interface UseOptions {
  /** Dial even a node that has just kept another caller waiting in vain: for those who have waited since. */
  readonly isAskedAfresh?: boolean;
  /**
   * Ends the wait for a connection, with a failure of kind `cancelled`; a dial that nobody else waits for is given up.
   * `work` looks at the signal itself.
   */
  readonly signal?: AbortSignal | undefined;
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
  /** Gives up the dial. */
  readonly abort: AbortController;
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
  const takeFromBudget = async (signal: AbortSignal) => {
    while (!budget.tryTake()) {
      const idle = [...entries].find(([, { users, connection }]) => users === 0 && connection);
      if (idle) await close(...idle);
      else await orAborted(budget.untilChanged(), signal);
      if (signal.aborted) return false;
    }
    return true;
  };
  const open = (node: NodeSpec): Entry => {
    const abort = new AbortController();
    const { signal } = abort;
    const dial = async (): Promise<Outcome<Connection>> => {
      if (!(await takeFromBudget(signal))) return { ok: false, failure: cancelledAt(node) };
      const begin = clock.monotonic();
      const outcome = await connect(node, signal);
      if (outcome.ok) {
        entry.connection = outcome.value;
      } else {
        budget.giveBack();
        const end = clock.monotonic();
        const isSilent = end - begin >= SILENCE_MS;
        entry.failedUntil = isSilent ? end + (end - begin) * REST : end;
      }
      return outcome;
    };
    const entry: Entry = {
      connection: null,
      failedUntil: null,
      users: 0,
      abort,
      connected: Promise.resolve().then(dial),
    };
    entries.delete(node.name);
    entries.set(node.name, entry);
    return entry;
  };
  /** What nobody waits for any more is not worth a dial; whoever comes next dials anew. */
  const giveUp = (node: NodeSpec, entry: Entry) => {
    if (entry.users > 0 || entry.connection || entry.failedUntil !== null) return;
    entry.abort.abort(OVER);
    // It may have come through all the same, in this very moment.
    void close(node.name, entry);
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
      const { signal } = options;
      if (signal?.aborted) return { ok: false, failure: cancelledAt(node) };
      const entry = entryFor(node, options);
      entry.users += 1;
      try {
        const connected = signal ? await orAborted(entry.connected, signal) : await entry.connected;
        if (connected === null) return { ok: false, failure: cancelledAt(node) };
        return connected.ok ? { ok: true, value: await work(connected.value) } : connected;
      } finally {
        entry.users -= 1;
        if (entry.users === 0) {
          if (entry.connection) budget.wake();
          else giveUp(node, entry);
        }
      }
    },

    async closeAll() {
      for (const [name, entry] of [...entries]) void close(name, entry);
      await Promise.all(closing);
    },
  };
}

function cancelledAt(node: NodeSpec): Failure {
  return createFailure('cancelled', 'the login was cancelled', { node: node.name });
}
