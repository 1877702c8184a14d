import { type Stats, statSync } from 'node:fs';

/**
 * What lies at a path that somebody has written into a configuration: also one that no file could have, because it is too
 * long, goes through a file, or holds NUL. `undefined`: nothing, or nothing that can be looked at.
 */
export function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
