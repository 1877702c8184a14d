import type { Clock } from '../../../async/clock.js';
import type { TransferOptions, TransferSummary } from '../../connection.js';

/** Events a second at most, and how many may come at once before that counts. */
const PER_SECOND = 10;
const BURST = 10;
/** Less than this many bytes since the last event are not worth one, unless some time has passed. */
const STEP = 1024 * 1024;
const STEP_MS = 100;

/** Counts what was copied, and tells it at a bounded rate. */
export interface Progress {
  readonly addBytes: (count: number) => void;
  /** @param count May be negative: a file is taken back. */
  readonly addFiles: (count: number) => void;
  /** Tells the end, whatever the rate, and returns it. */
  readonly finish: () => TransferSummary;
}

export function createProgress(clock: Clock, onProgress: TransferOptions['onProgress']): Progress {
  let files = 0;
  let bytes = 0;
  let told = { files: 0, bytes: 0 };
  let toldAt = clock.monotonic();
  let allowance = BURST;
  let refilledAt = toldAt;

  const tell = (now: number) => {
    told = { files, bytes };
    toldAt = now;
    onProgress?.(told);
  };
  const consider = () => {
    if (!onProgress) return;
    const now = clock.monotonic();
    if (bytes < told.bytes || (bytes - told.bytes < STEP && now - toldAt < STEP_MS)) return;
    allowance = Math.min(BURST, allowance + ((now - refilledAt) / 1000) * PER_SECOND);
    refilledAt = now;
    if (allowance < 1) return;
    allowance -= 1;
    tell(now);
  };

  return {
    addBytes(count) {
      bytes += count;
      consider();
    },
    addFiles(count) {
      files += count;
      consider();
    },
    finish() {
      if (told.files !== files || told.bytes !== bytes) tell(clock.monotonic());
      return { files, bytes };
    },
  };
}
