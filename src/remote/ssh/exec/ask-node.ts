import { orAborted } from '../../../async/abort.js';
import type { Clock } from '../../../async/clock.js';
import { startDeadline } from '../../../async/deadline.js';
import type { Shells } from '../sessions/shells.js';

/** For the answer, and for a shell to be had at all: a node that is too busy for it longer is as good as lost. */
const ASK_MS = 15_000;

/**
 * Asks a node about the programs on it.
 *
 * @param line Made by `lines.ts`.
 * @param signal Gives it up.
 * @returns What the answer says; `null` where there is none.
 */
export async function askNode(
  line: string,
  shells: Shells,
  clock: Clock,
  signal?: AbortSignal,
): Promise<string | null> {
  const patience = startDeadline(clock, ASK_MS, signal);
  try {
    const taken = await shells.take('control', patience.signal);
    if (!taken.ok) return null;
    const shell = taken.value;
    let said = '';
    const asked = shell.ask(line, { onStdout: (data) => (said += data.toString()) });
    const answer = await orAborted(asked, patience.signal);
    // It would answer this before anything else.
    if (!answer) shell.close();
    shells.giveBack(shell);
    return answer && said;
  } finally {
    patience.clear();
  }
}
