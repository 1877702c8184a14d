import type { Clock } from '../../async/clock.js';
import type { TransferProgress } from '../../model/event.js';
import type { TransferSummary } from '../../remote/connection.js';
import type { Emit } from '../events.js';

/** What is smaller is there before anybody asks. */
const WORTH_TELLING = 4 * 1024 * 1024;
const EVERY_MS = 1_000;

/** Tells how far a transfer is: of one that is large and takes its time, at most once a second. */
export function tellTransfer(
  clock: Clock,
  emit: Emit,
  about: Pick<TransferProgress, 'scenario' | 'node' | 'direction'>,
): (copied: TransferSummary) => void {
  let toldAt = clock.monotonic();
  return ({ files, bytes }) => {
    const now = clock.monotonic();
    if (bytes < WORTH_TELLING || now - toldAt < EVERY_MS) return;
    toldAt = now;
    emit({ type: 'transfer_progress', ...about, files, bytes });
  };
}
