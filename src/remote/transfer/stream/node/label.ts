import { createHash } from 'node:crypto';
import path from 'node:path';

/** A name that means nothing to a shell and leaves room for what is added to it. */
const PLAIN = /^[A-Za-z0-9._-]{1,100}$/;

/**
 * What the incomplete copies of a target are named by: its own name, so that people know what they see, or a hash of it
 * where that is long or odd.
 */
export function labelOf(target: string): string {
  const name = path.posix.basename(target);
  if (PLAIN.test(name)) return name;
  return createHash('sha256').update(name).digest('hex').slice(0, 32);
}
