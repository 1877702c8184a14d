import type { LeaseAnswer } from './answer.js';

/** What whoever could not have a machine had better do. */
export interface Patience {
  /** For how long it is worth asking again, whatever the user said. */
  readonly waitMs: number;
  /** Leaves the next try to the other one. */
  readonly isYielding: boolean;
}

/** A lease that is over, whose watchdog is at work, or that is just being taken. */
const BUSY_MS = 60_000;
/**
 * Two that begin at once may each get what the other one wants, too, and give that back. Whoever got everything is known by
 * renewing it, or by having it for longer than this.
 */
const COLLISION_MS = 10_000;

/** @param own The holder's id of whoever has asked. */
export function patienceWith({ word, holder }: LeaseAnswer, own: string): Patience {
  if (word !== 'held') return { waitMs: BUSY_MS, isYielding: false };
  const { id = '', isNew = false, ageSeconds = null } = holder ?? {};
  const isCollision = isNew && ageSeconds !== null && ageSeconds * 1000 < COLLISION_MS;
  // Both know both ids: one of them lets the other go first.
  return isCollision
    ? { waitMs: COLLISION_MS, isYielding: own > id }
    : { waitMs: 0, isYielding: false };
}
