import type { StampedEvent } from '../model/event.js';

/** Shows a run to somebody: a fold over its events. */
export interface Reporter {
  /** Must not throw, and must not wait: a slow reader never slows a run. */
  on(event: StampedEvent): void;
  /** Resolves once everything is shown. */
  close(): Promise<void>;
}
