import type { Clock } from '../async/clock.js';
import type { RunEvent, StampedEvent } from '../model/event.js';
import type { Failure } from '../model/failure.js';
import type { FailureRecord } from '../model/result.js';
import { maskStrings } from '../results/document.js';

/** Says what happens, to whoever listens. */
export type Emit = (event: RunEvent) => void;

/**
 * The one place that stamps events.
 *
 * @param mask Hides known secrets in a text.
 */
export function stampWith(
  clock: Clock,
  mask: (text: string) => string,
  deliver: (event: StampedEvent) => void,
): Emit {
  return (event) => {
    // The script's output was masked as a stream, where also a secret in two chunks is found.
    const shown = event.type === 'script_output' ? event : maskStrings(event, mask);
    deliver({ at: new Date(clock.now()).toISOString(), ...shown });
  };
}

/** A failure as files and events show it. */
export function recordOf(failure: Failure): FailureRecord {
  const { kind, message, hint, node, service, output } = failure;
  return { kind, message, hint, node, service, output };
}

/** ms as seconds with ms precision: what leaves the process. */
export function inSeconds(ms: number): number {
  return Math.round(ms) / 1000;
}

/** Says what is wrong, where that is nobody's outcome. */
export function warnOf({ emit }: { readonly emit: Emit }, { node, message, hint }: Failure): void {
  emit({
    type: 'warning',
    ...(node === null ? {} : { node }),
    message: hint === null ? message : `${message} (${hint})`,
  });
}
