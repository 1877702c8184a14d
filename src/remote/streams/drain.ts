import type { Pump } from './pump.js';

const POLL_MS = 50;
/** So long without a byte, and nothing of ours left to write one: a stranger holds the stream open. */
const QUIET_MS = 200;
/** So many polls without a byte into a full sink, after a cancellation: nobody reads any more. */
const STUCK_POLLS = 40;

/**
 * Waits for the rest of the output of a program that is gone with everything it started. Ends also where a stream never
 * does: someone else was given it, or its sink is stuck.
 *
 * @param cancelled Once it has aborted, the output may be cut short where a sink takes no more.
 * @param quietMs How long bytes may be on their way.
 */
export async function drain(
  pumps: readonly Pump[],
  cancelled: AbortSignal,
  quietMs = QUIET_MS,
): Promise<void> {
  await Promise.all(pumps.map((pump) => drainOne(pump, cancelled, quietMs / POLL_MS)));
}

async function drainOne(pump: Pump, cancelled: AbortSignal, quietPolls: number): Promise<void> {
  let quiet = 0;
  let stuck = 0;
  let passed = pump.passed();
  const timer = setInterval(() => {
    const hasMoved = pump.passed() !== passed;
    passed = pump.passed();
    quiet = hasMoved || pump.isBlocked() ? 0 : quiet + 1;
    stuck = hasMoved || !pump.isBlocked() || !cancelled.aborted ? 0 : stuck + 1;
    if (quiet >= quietPolls || stuck >= STUCK_POLLS) pump.abandon();
  }, POLL_MS);
  await pump.finished;
  clearInterval(timer);
}
