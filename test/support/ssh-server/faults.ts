import type { Socket } from 'node:net';

/** What goes wrong. May be changed while the server runs; it counts for what happens from then on. */
export interface Faults {
  /** Accepts a connection and closes it at once. */
  closeAfterAccept?: boolean;
  /** Accepts a connection and never says a word. */
  silence?: boolean;
  /** Says this in place of SSH, and nothing else. */
  banner?: string;
  /** Resets that many connections before it begins to behave. Counts down. */
  dropNext?: number;
  /** Drops a connection while so many others are not logged in yet, as sshd does beyond `MaxStartups`. */
  maxUnauthenticated?: number;
  /** What it says to those it drops so; nothing, as older servers do, if unset. */
  dropMessage?: string;
  /** Does not answer when somebody wants to log in. */
  ignoreLogins?: boolean;
  /** Sessions open at the same time on one connection beyond which it refuses more, as sshd does with `MaxSessions`. */
  maxSessions?: number;
  /** A command that passes runs, and on its first output the connection is reset, with no exit status. */
  resetDuring?: RegExp;
  /** A command that passes is accepted and never runs. */
  hangOn?: RegExp;
  /** Does not let connections through to other hosts. */
  refuseForwarding?: boolean;
}

/**
 * Does what the faults say to a fresh connection.
 *
 * @param unauthenticated How many others are not logged in yet.
 * @returns Whether the connection is to go on.
 */
export function isSpared(socket: Socket, faults: Faults, unauthenticated: number): boolean {
  socket.on('error', () => undefined);
  if (faults.dropNext !== undefined && faults.dropNext > 0) {
    faults.dropNext -= 1;
    socket.resetAndDestroy();
    return false;
  }
  if (faults.closeAfterAccept) {
    socket.end();
    return false;
  }
  if (faults.silence) {
    socket.resume();
    return false;
  }
  if (faults.banner !== undefined) {
    socket.resume();
    socket.write(faults.banner);
    return false;
  }
  if (faults.maxUnauthenticated !== undefined && unauthenticated >= faults.maxUnauthenticated) {
    socket.end(faults.dropMessage ?? '');
    return false;
  }
  return true;
}
