import { Interruption } from '../run/interruption.js';

export interface Signals {
  /** Aborts with an `Interruption` at the first SIGINT, SIGTERM or SIGHUP. */
  readonly signal: AbortSignal;
  /** Stops in the same way for a reason of our own: a bug that nobody caught. */
  abort(): void;
  /** What the process should return because of the signal; `undefined` while there was none. */
  exitCode(): 130 | 143 | undefined;
  /** Stops listening: the next signal has its default effect. */
  dispose(): void;
}

/**
 * Turns the first signal into an abort, so that there is time to clean up. A closed terminal (SIGHUP) counts as SIGTERM.
 *
 * @param onSecond Called at the second signal, synchronously; the process ends right after it, with the exit code that it
 *   returns, or the signal's.
 */
export function untilSignalled(onSecond: () => number | undefined = () => undefined): Signals {
  const controller = new AbortController();
  let first: Interruption | undefined;
  const listen = (name: 'SIGINT' | 'SIGTERM') => () => {
    if (first) {
      process.exit(onSecond() ?? first.exitCode);
    }
    first = new Interruption(name);
    controller.abort(first);
  };
  const onInterrupt = listen('SIGINT');
  const onTerminate = listen('SIGTERM');
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onTerminate);
  process.on('SIGHUP', onTerminate);
  return {
    signal: controller.signal,
    abort: () => controller.abort(new Interruption('SIGTERM')),
    exitCode: () => first?.exitCode,
    dispose: () => {
      process.off('SIGINT', onInterrupt);
      process.off('SIGTERM', onTerminate);
      process.off('SIGHUP', onTerminate);
    },
  };
}
