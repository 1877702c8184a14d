import { setMaxListeners } from 'node:events';

/** Signals that may have any number of listeners. */
const shared = new WeakSet<AbortSignal>();

/**
 * Calls `action` when the signal aborts, at once where it has aborted already.
 *
 * @returns Forgets about it; to be called when the outcome no longer matters, so that a long-lived signal does not
 *   collect listeners.
 */
export function onAbort(signal: AbortSignal | undefined, action: () => void): () => void {
  if (!signal) return () => undefined;
  if (signal.aborted) {
    action();
    return () => undefined;
  }
  if (!shared.has(signal)) {
    // Hundreds of services wait for the same signal; Node would call that a leak, on the user's terminal.
    setMaxListeners(0, signal);
    shared.add(signal);
  }
  signal.addEventListener('abort', action, { once: true });
  return () => {
    signal.removeEventListener('abort', action);
  };
}

/**
 * Why a wait was given up whose outcome no longer matters. Without a reason Node makes an exception with a stack trace each
 * time, which costs more than most of what is waited for.
 */
export const OVER = 'over';

/** What the promise gives, `null` where the signal aborts before. */
export async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | null> {
  let forget = (): void => undefined;
  const first = await Promise.race([
    promise,
    new Promise<null>((resolve) => {
      forget = onAbort(signal, () => resolve(null));
    }),
  ]);
  forget();
  return first;
}

/** Resolves when the signal aborts. For waits that end with the signal; elsewhere `onAbort`, which can be undone. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    onAbort(signal, resolve);
  });
}

/**
 * Passes on what a source yields until the signal aborts, promptly even where the source itself does not look at the
 * signal.
 */
export async function* untilAborted<T>(
  source: AsyncIterable<T>,
  signal: AbortSignal,
): AsyncGenerator<T, void, undefined> {
  const iterator = source[Symbol.asyncIterator]();
  let stop: (() => void) | null = null;
  const forget = onAbort(signal, () => stop?.());
  let isOver = false;
  try {
    while (!signal.aborted) {
      // Not `Promise.race` against one lasting promise: that would keep a reaction for every value.
      const next = await new Promise<IteratorResult<T> | null>((resolve, reject) => {
        stop = () => {
          resolve(null);
        };
        iterator.next().then(resolve, reject);
      });
      if (next === null) return;
      if (next.done) {
        isOver = true;
        return;
      }
      yield next.value;
    }
  } finally {
    forget();
    // Not waited for: a generator that is waiting itself cannot return before it wakes.
    if (!isOver) iterator.return?.().catch(() => undefined);
  }
}
