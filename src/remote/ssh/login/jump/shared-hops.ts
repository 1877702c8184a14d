import { onAbort } from '../../../../async/abort.js';
import type { Outcome } from '../../../../model/failure.js';
import type { ConnectionBudget } from '../../../pool/budget.js';
import { cancelLogin } from '../failures.js';

/** What can be shared: it ends by itself at some time, or is closed. */
export interface Shareable {
  readonly lost: Promise<string>;
  readonly close: () => Promise<void>;
}

export interface Lease<T> {
  readonly value: T;
  /** This one was opened for the lease, or was being opened when it was asked for. */
  readonly isFresh: boolean;
  /** The last one closes it. Safe to call twice. */
  readonly release: () => Promise<void>;
}

/** Jump hosts that are logged in to, each once for all nodes behind it, and only as long as somebody needs it. */
export interface SharedHops<T extends Shareable> {
  /**
   * @param key Logins with the same key are the same login.
   * @param open Called where there is none yet. Its signal aborts when nobody waits any more.
   */
  acquire(
    key: string,
    open: (signal: AbortSignal) => Promise<Outcome<T>>,
    signal: AbortSignal,
  ): Promise<Outcome<Lease<T>>>;
}

interface Shared<T> {
  users: number;
  isOpen: boolean;
  readonly opening: Promise<Outcome<T>>;
  readonly abort: AbortController;
}

/** @param budget What each of them counts in; a node that is behind one has taken its own share already. */
export function createSharedHops<T extends Shareable>(
  budget: Pick<ConnectionBudget, 'take' | 'giveBack'>,
): SharedHops<T> {
  const hops = new Map<string, Shared<T>>();

  const forget = (key: string, hop: Shared<T>) => {
    if (hops.get(key) === hop) hops.delete(key);
  };

  const start = (key: string, open: (signal: AbortSignal) => Promise<Outcome<T>>): Shared<T> => {
    const abort = new AbortController();
    const hop: Shared<T> = { users: 0, isOpen: false, opening: open(abort.signal), abort };
    hops.set(key, hop);
    budget.take();
    void hop.opening.then((opened) => {
      if (!opened.ok) {
        budget.giveBack();
        forget(key, hop);
        return;
      }
      hop.isOpen = true;
      // Dead ones are not lent out again.
      void opened.value.lost.then(() => {
        budget.giveBack();
        forget(key, hop);
      });
    });
    return hop;
  };

  const release = async (key: string, hop: Shared<T>) => {
    hop.users -= 1;
    if (hop.users > 0) return;
    forget(key, hop);
    hop.abort.abort();
    const opened = await hop.opening;
    if (opened.ok) await opened.value.close();
  };

  return {
    async acquire(key, open, signal) {
      const hop = hops.get(key) ?? start(key, open);
      const isFresh = !hop.isOpen;
      hop.users += 1;
      const opened = await orAborted(hop.opening, signal);
      if (opened === null || !opened.ok || signal.aborted) {
        void release(key, hop);
        return opened?.ok === false ? opened : cancelLogin();
      }
      let releasing: Promise<void> | null = null;
      return {
        ok: true,
        value: {
          value: opened.value,
          isFresh,
          release: () => (releasing ??= release(key, hop)),
        },
      };
    },
  };
}

function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | null> {
  return new Promise((resolve) => {
    const forget = onAbort(signal, () => {
      resolve(null);
    });
    void promise.then((value) => {
      forget();
      resolve(value);
    });
  });
}
