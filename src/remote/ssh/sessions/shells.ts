import type { Outcome } from '../../../model/failure.js';
import { type KeptShell, keepShell } from '../shell/kept-shell.js';
import { noShell } from './failures.js';
import type { Purpose, Sessions } from './sessions.js';

/** For questions that are asked at once; further ones get sessions of their own. */
const MOST_KEPT = 4;

/** The shells that stay open on a connection. */
export interface Shells {
  /** One that is there and free, `null` where there is none. */
  takeIdle(): KeptShell | null;
  /** Whether another one may be opened. */
  readonly mayOpen: () => boolean;
  /** A free one, or a new one. To be given back. */
  take(purpose: Purpose): Promise<Outcome<KeptShell>>;
  giveBack(shell: KeptShell): void;
  close(): void;
}

export function createShells(node: string, sessions: Sessions): Shells {
  const idle: KeptShell[] = [];
  let kept = 0;

  const takeIdle = () => {
    for (let shell = idle.pop(); shell; shell = idle.pop()) {
      if (!shell.isClosed()) return shell;
      kept -= 1;
    }
    return null;
  };

  return {
    takeIdle,
    mayOpen: () => kept < MOST_KEPT,
    async take(purpose) {
      const shell = takeIdle();
      if (shell) return { ok: true, value: shell };
      kept += 1;
      const made = await open(node, sessions, purpose);
      if (!made.ok) kept -= 1;
      return made;
    },
    giveBack(shell) {
      if (shell.isClosed() || kept > MOST_KEPT) {
        kept -= 1;
        shell.close();
      } else {
        idle.push(shell);
      }
    },
    close() {
      for (const shell of idle.splice(0)) shell.close();
    },
  };
}

async function open(
  node: string,
  sessions: Sessions,
  purpose: Purpose,
): Promise<Outcome<KeptShell>> {
  const session = await sessions.open(purpose);
  if (!session.ok) return session;
  const shell = await keepShell(session.value);
  if (typeof shell !== 'string') return { ok: true, value: shell };
  return noShell(node, shell);
}
