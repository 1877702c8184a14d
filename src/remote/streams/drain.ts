import type { Pump } from './pump.js';

const POLL_MS = 50;
/** So many polls without a byte, and nothing of ours left to write one: a stranger holds the stream open. */
const QUIET_POLLS = 4;
/** So many polls without a byte into a full sink, after a cancellation: nobody reads any more. */
const STUCK_POLLS = 40;

/**
 * Waits for the rest of the output of a program that is gone with everything it started. Ends also where a stream never
 * does: someone else was given it, or its sink is stuck.
 *
 * @param cancelled Once it has aborted, the output may be cut short where a sink takes no more.
 */
export async function drain(pumps: readonly Pump[], cancelled: AbortSignal): Promise<void> {
  await Promise.all(pumps.map((pump) => drainOne(pump, cancelled)));
}

async function drainOne(pump: Pump, cancelled: AbortSignal): Promise<void> {
  let quiet = 0;
  let stuck = 0;
  let passed = pump.passed();
  const timer = setInterval(() => {
    const hasMoved = pump.passed() !== passed;
    passed = pump.passed();
    quiet = hasMoved || pump.isBlocked() ? 0 : quiet + 1;
    stuck = hasMoved || !pump.isBlocked() || !cancelled.aborted ? 0 : stuck + 1;
    if (quiet >= QUIET_POLLS || stuck >= STUCK_POLLS) pump.abandon();
  }, POLL_MS);
  await pump.finished;
  clearInterval(timer);
}
