import type { NodeFacts } from '../../../model/node-facts.js';
import { formatDuration } from '../../../report/text/duration.js';

/** Logs of several nodes cannot be put in order any more, and tokens with a time in them begin to fail. */
const SKEW_MS = 1_000;

/** Whether its clock and the one here tell the same time. It keeps nothing from running. */
export function judgeClock({ clock }: Pick<NodeFacts, 'clock'>): readonly string[] {
  if (clock === null || Math.abs(clock.skew_ms) < SKEW_MS) return [];
  const way = clock.skew_ms > 0 ? 'ahead of' : 'behind';
  const skew = formatDuration(Math.abs(clock.skew_ms));
  return [
    `its clock is ${skew} ${way} the one here: keep both with NTP (chrony, systemd-timesyncd)`,
  ];
}
