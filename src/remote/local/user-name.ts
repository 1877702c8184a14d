import { userInfo } from 'node:os';

/** Who runs this. A user id without an entry in the user database, as containers often have, is its number. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
