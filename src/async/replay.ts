import { onAbort } from './abort.js';

/** A sequence of values that any number of readers see from its beginning, each at its own pace. */
export interface Replay<T> {
  push(value: T): void;
  /** No more values. Safe to call twice. */
  end(): void;
  /** All values, also those pushed before the call; ends with the sequence or when the signal aborts. */
  read(signal: AbortSignal): AsyncGenerator<T, void, undefined>;
}

/** For short sequences: every value is kept. */
export function createReplay<T>(): Replay<T> {
  const values: T[] = [];
  const sleepers = new Set<() => void>();
  let isEnded = false;

  const wakeAll = () => {
    for (const wake of sleepers) wake();
    sleepers.clear();
  };
  const sleep = (signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      const wake = () => {
        forget();
        resolve();
      };
      sleepers.add(wake);
      const forget = onAbort(signal, () => {
        sleepers.delete(wake);
        resolve();
      });
    });

  return {
    push(value) {
      if (isEnded) return;
      values.push(value);
      wakeAll();
    },
    end() {
      isEnded = true;
      wakeAll();
    },
    async *read(signal) {
      let next = 0;
      while (!signal.aborted) {
        const value = values[next];
        if (next < values.length) {
          next += 1;
          yield value as T;
        } else if (isEnded) {
          return;
        } else {
          await sleep(signal);
        }
      }
    },
  };
}
