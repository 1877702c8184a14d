import { createHmac, timingSafeEqual } from 'node:crypto';

/** Whether a name passes a comma-separated list of patterns with `*` and `?`; one that passes a `!pattern` does not. */
export function matchesPatterns(name: string, patterns: readonly string[]): boolean {
  const lower = name.toLowerCase();
  let isMatched = false;
  for (const pattern of patterns) {
    const isNegated = pattern.startsWith('!');
    if (!matchesPattern(lower, isNegated ? pattern.slice(1) : pattern)) continue;
    if (isNegated) return false;
    isMatched = true;
  }
  return isMatched;
}

function matchesPattern(name: string, pattern: string): boolean {
  // Compared step by step: a regular expression made of many stars would take for ever.
  const wanted = pattern.toLowerCase();
  let at = 0;
  let position = 0;
  let star = -1;
  let retry = 0;
  while (at < name.length) {
    if (wanted[position] === '?' || (wanted[position] === name[at] && wanted[position] !== '*')) {
      at += 1;
      position += 1;
    } else if (wanted[position] === '*') {
      star = position;
      retry = at;
      position += 1;
    } else if (star >= 0) {
      position = star + 1;
      retry += 1;
      at = retry;
    } else {
      return false;
    }
  }
  while (wanted[position] === '*') position += 1;
  return position === wanted.length;
}

/** A name as `ssh-keygen -H` hides it: `|1|salt|HMAC-SHA1(salt, name)`. */
export interface HashedName {
  readonly salt: Buffer;
  readonly hash: Buffer;
}

/** @returns `null` where the field is no hashed name. */
export function parseHashedName(field: string): HashedName | null {
  const [empty, version, salt, hash, ...rest] = field.split('|');
  if (empty !== '' || version !== '1' || !salt || !hash || rest.length > 0) return null;
  return { salt: Buffer.from(salt, 'base64'), hash: Buffer.from(hash, 'base64') };
}

export function matchesHash(name: string, { salt, hash }: HashedName): boolean {
  const computed = hashName(name, salt);
  return computed.length === hash.length && timingSafeEqual(computed, hash);
}

export function formatHashedName(name: string, salt: Buffer): string {
  return `|1|${salt.toString('base64')}|${hashName(name, salt).toString('base64')}`;
}

function hashName(name: string, salt: Buffer): Buffer {
  return createHmac('sha1', salt).update(name.toLowerCase()).digest();
}
