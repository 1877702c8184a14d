import { orAborted } from '../../../async/abort.js';
import type { Clock } from '../../../async/clock.js';
import { within } from '../../../async/deadline.js';
import type { Outcome } from '../../../model/failure.js';
import { type KeptShell, keepShell } from '../shell/kept-shell.js';
import { discard } from '../shell/session.js';
import { cancelled, noShell, slowShell } from './failures.js';
import type { Purpose, Sessions } from './sessions.js';

/** For questions that are asked at once; further ones get sessions of their own. */
const MOST_KEPT = 4;
/** For a shell that is there to make itself ready. */
const BOOT_MS = 15_000;

/** The shells that stay open on a connection. */
export interface Shells {
  /** One that is there and free, `null` where there is none. */
  takeIdle(): KeptShell | null;
  /** Whether another one may be opened. */
  readonly mayOpen: () => boolean;
  /**
   * A free one, or a new one. To be given back.
   *
   * @param signal Ends the wait, with a failure of kind `cancelled`; the shell is there for others, once it comes.
   */
  take(purpose: Purpose, signal: AbortSignal): Promise<Outcome<KeptShell>>;
  giveBack(shell: KeptShell): void;
  /** Closes one that is free, to make room for something else; `false` where there is none. */
  closeIdle(): boolean;
  close(): void;
}

export function createShells(node: string, sessions: Sessions, clock: Clock): Shells {
  const idle: KeptShell[] = [];
  let kept = 0;
  let isClosed = false;

  const takeIdle = () => {
    for (let shell = idle.pop(); shell; shell = idle.pop()) {
      if (!shell.isClosed()) return shell;
      kept -= 1;
    }
    return null;
  };

  const make = async (purpose: Purpose) => {
    kept += 1;
    const made = await open(node, sessions, purpose, clock);
    if (!made.ok) kept -= 1;
    return made;
  };
  const giveBack = (shell: KeptShell) => {
    if (shell.isClosed() || isClosed || kept > MOST_KEPT) {
      kept -= 1;
      shell.close();
    } else {
      idle.push(shell);
      sessions.wake();
    }
  };

  return {
    takeIdle,
    mayOpen: () => kept < MOST_KEPT,
    async take(purpose, signal) {
      const shell = takeIdle();
      if (shell) return { ok: true, value: shell };
      const making = make(purpose);
      const made = await orAborted(making, signal);
      if (made) return made;
      void making.then((late) => {
        if (late.ok) giveBack(late.value);
      });
      return cancelled(node);
    },
    giveBack,
    closeIdle() {
      const shell = takeIdle();
      if (!shell) return false;
      shell.close();
      kept -= 1;
      return true;
    },
    close() {
      isClosed = true;
      for (const shell of idle.splice(0)) shell.close();
    },
  };
}

async function open(
  node: string,
  sessions: Sessions,
  purpose: Purpose,
  clock: Clock,
): Promise<Outcome<KeptShell>> {
  const session = await sessions.open(purpose);
  if (!session.ok) return session;
  const shell = await within(clock, BOOT_MS, keepShell(session.value));
  if (typeof shell === 'object' && shell !== null) return { ok: true, value: shell };
  discard(session.value.channel);
  return shell === null ? slowShell(node, BOOT_MS) : noShell(node, shell);
}
