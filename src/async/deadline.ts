import { OVER, onAbort } from './abort.js';
import type { Clock } from './clock.js';

/** Why a signal aborted: its own time ran out, not a signal above it. */
export class DeadlineExceeded extends Error {
  override readonly name = 'DeadlineExceeded';
  readonly timeoutMs: number;

  constructor(timeoutMs: number) {
    super(`deadline of ${String(timeoutMs)} ms exceeded`);
    this.timeoutMs = timeoutMs;
  }
}

/** A signal that aborts with its parents, or with `DeadlineExceeded` after a while. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** True once the time ran out before any parent aborted. */
  readonly expired: () => boolean;
  /** Stops the timer. The signal stays as it is. Call it when the work is over. */
  readonly clear: () => void;
}

/**
 * Puts `timeoutMs` on some work.
 *
 * @param timeoutMs `Infinity` for no limit of its own.
 * @param parents Signals that abort this one too, with their reason.
 */
export function startDeadline(
  clock: Clock,
  timeoutMs: number,
  ...parents: readonly (AbortSignal | undefined)[]
): Deadline {
  const only = parents.find((parent) => parent !== undefined);
  if (only && !Number.isFinite(timeoutMs) && parents.every((each) => each === only || !each)) {
    // Signals are made for every command: one that adds nothing to the one above it is spared.
    return { signal: only, expired: () => false, clear: () => undefined };
  }
  return begin(timeoutMs, (over) => clock.sleep(timeoutMs, over), parents);
}

/** A deadline that every sign of life puts off: for what may take as long as it wants, but not hang. */
export interface IdleLimit extends Deadline {
  /** Something has come. */
  readonly touch: () => void;
}

/**
 * Puts a limit on silence.
 *
 * @param idleMs From the start or the last sign of life.
 * @param parents As of `startDeadline`.
 */
export function startIdleLimit(
  clock: Clock,
  idleMs: number,
  ...parents: readonly (AbortSignal | undefined)[]
): IdleLimit {
  let touchedAt = clock.monotonic();
  const untilIdle = async (over: AbortSignal) => {
    let restMs = idleMs;
    // Not a timer for every chunk: it looks again when the time that was left is up.
    while (restMs > 0 && !over.aborted) {
      await clock.sleep(restMs, over);
      restMs = touchedAt + idleMs - clock.monotonic();
    }
  };
  return {
    ...begin(idleMs, untilIdle, parents),
    touch: () => {
      touchedAt = clock.monotonic();
    },
  };
}

/** @param untilDue Resolves when the time is up, or as soon as its signal aborts. */
function begin(
  timeoutMs: number,
  untilDue: (over: AbortSignal) => Promise<void>,
  parents: readonly (AbortSignal | undefined)[],
): Deadline {
  const controller = new AbortController();
  const timer = new AbortController();
  let isExpired = false;
  const above = parents.filter((parent) => parent !== undefined);
  let forget: (() => void)[] = [];
  const clear = () => {
    timer.abort(OVER);
    for (const undo of forget) undo();
  };

  const aborted = above.find((parent) => parent.aborted);
  if (aborted) {
    controller.abort(aborted.reason);
  } else {
    forget = above.map((parent) => onAbort(parent, () => controller.abort(parent.reason)));
    if (Number.isFinite(timeoutMs)) {
      void untilDue(timer.signal).then(() => {
        if (timer.signal.aborted || controller.signal.aborted) return;
        isExpired = true;
        controller.abort(new DeadlineExceeded(timeoutMs));
      });
    }
  }
  return {
    signal: controller.signal,
    expired: () => isExpired,
    clear,
  };
}

/** What the promise gives, `null` where it takes longer. */
export async function within<T>(clock: Clock, ms: number, promise: Promise<T>): Promise<T | null> {
  const isOver = new AbortController();
  const first = await Promise.race([promise, clock.sleep(ms, isOver.signal).then(() => null)]);
  isOver.abort(OVER);
  return first;
}
