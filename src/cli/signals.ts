import { Interruption, type InterruptionCode } from '../run/interruption.js';
import { isHangupIgnored, passesSignalsOn } from './launched-by.js';

export interface Signals {
  /** Aborts with an `Interruption` at the first SIGINT, SIGTERM or SIGHUP. */
  readonly signal: AbortSignal;
  /** Stops in the same way for a reason of our own: a bug that nobody caught. */
  abort(): void;
  /** What the process should return because of the signal; `undefined` while there was none. */
  exitCode(): InterruptionCode | undefined;
  /** Stops listening: the next signal ends the process at once. */
  dispose(): void;
}

const NAMES = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type Name = (typeof NAMES)[number];

/** What comes so soon again is the same signal: nobody presses Ctrl-C twice as fast. */
const ECHO_MS = 15;
/** The same, below a program that passes on what it gets, in its own time. */
const PASSED_ON_MS = 500;
/** The shell of a terminal that is closed says so to its jobs, and then the kernel does. */
const HANGUP_ECHO_MS = 2_000;

/**
 * Turns the first signal into an abort, so that there is time to clean up. A closed terminal (SIGHUP) counts as SIGTERM; it
 * is no second signal after another one, since nobody is there to be impatient. Under `nohup` it counts as nothing.
 *
 * @param onSecond Called at the second signal, synchronously, with the exit code of the first; the process ends right after
 *   it, with the exit code that it returns.
 */
export function untilSignalled(
  onSecond: (exitCode: InterruptionCode) => number = (exitCode) => exitCode,
): Signals {
  const controller = new AbortController();
  let first: Interruption | undefined;
  let firstAt = 0;
  const echoMs = passesSignalsOn() ? PASSED_ON_MS : ECHO_MS;

  const isEcho = (name: Name): boolean => {
    const sinceMs = performance.now() - firstAt;
    if (name !== 'SIGHUP') return sinceMs < echoMs && first?.signal === name;
    return first?.signal !== 'SIGHUP' || sinceMs < HANGUP_ECHO_MS;
  };
  const receive = (name: Name) => {
    if (!first) {
      first = new Interruption(name);
      controller.abort(first);
      // Whoever was told has taken time as well.
      firstAt = performance.now();
    } else if (!isEcho(name)) {
      process.exit(onSecond(first.exitCode));
    }
  };
  const undo = NAMES.map((name) => listen(name, () => receive(name)));
  return {
    signal: controller.signal,
    abort: () => controller.abort(new Interruption('defect')),
    exitCode: () => first?.exitCode,
    dispose: () => undo.forEach((forget) => forget()),
  };
}

/**
 * Sees to it that a signal ends the process at once and with the exit code that users are promised, as long as nobody has
 * asked for time to clean up.
 */
export function endOnSignal(): void {
  for (const name of NAMES) {
    listen(name, () => {
      // Whoever else listens decides what becomes of it.
      if (process.listenerCount(name) === 1) process.exit(new Interruption(name).exitCode);
    });
  }
}

function listen(name: Name, onSignal: () => void): () => void {
  const listener = name === 'SIGHUP' && isHangupIgnored() ? () => undefined : onSignal;
  process.on(name, listener);
  return () => process.off(name, listener);
}
