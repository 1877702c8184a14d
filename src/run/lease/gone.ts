import { identifyProcess, lifeSignOf } from '../locks/process.js';
import type { Holder } from './answer.js';

/**
 * Whether the holder of a lease is known to be gone, by whoever has a project's lock: then nobody need wait until the lease
 * has run out.
 *
 * @param controller The token of whoever asks. Others of this controller have had the same lock before.
 */
export function isGone(holder: Holder, controller: string): boolean {
  const sign = holder.process === null ? 'elsewhere' : lifeSignOf(holder.process);
  if (sign === 'dead') return true;
  if (holder.controller !== controller) return false;
  switch (sign) {
    case 'restarted':
      return true;
    case 'alive':
      // An earlier run of this very process is over: both cannot have had the lock.
      return JSON.stringify(holder.process) === JSON.stringify(identifyProcess());
    case 'elsewhere':
      return isSilent(holder);
  }
}

/** Whether a holder may be there, for all that its machine and its silence tell. */
export function mayLive(holder: Holder): boolean {
  const sign = holder.process === null ? 'elsewhere' : lifeSignOf(holder.process);
  return sign === 'alive' || (sign !== 'dead' && !isSilent(holder));
}

/** Whoever lives renews it several times in the time that it holds. */
function isSilent({ ageSeconds, leaseSeconds }: Holder): boolean {
  return ageSeconds !== null && leaseSeconds !== null && ageSeconds >= leaseSeconds / 2;
}
