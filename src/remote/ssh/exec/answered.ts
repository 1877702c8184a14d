import { randomUUID } from 'node:crypto';
import { constants } from 'node:os';

import { orAborted } from '../../../async/abort.js';
import type { Clock } from '../../../async/clock.js';
import { type Deadline, within } from '../../../async/deadline.js';
import { createDeferred } from '../../../async/deferred.js';
import type { Command } from '../../../model/command.js';
import type { ExecOptions, ProgramExit } from '../../connection.js';
import {
  DEFAULT_CAPTURE_LIMIT,
  DEFAULT_GRACE_MS,
  type Ending,
  type Output,
  SETTLE_MS,
  stopped,
} from '../../execution.js';
import { TailBuffer } from '../../streams/tail-buffer.js';
import type { Group } from '../shell/group.js';
import type { Answer, KeptShell } from '../shell/kept-shell.js';
import { LINE_FOR_NOTHING, lineForAnswer } from '../shell/lines.js';
import type { SshExecContext } from './context.js';
import { judgeStart } from './not-started.js';
import { RemoteTree } from './remote-tree.js';

/** For a program to begin, once the shell was told to run it. */
const START_MS = 2_000;
/** For the answer of the shell, once its program was ended. */
const ANSWER_MS = 2_000;
/** For the reason of a connection that is gone. */
const REASON_MS = 500;
/** A shell tells the end by a signal as 128 and the signal's number. */
const SIGNALLED = 128;

/**
 * Runs a program in a shell that is kept open: one round trip, and no login shell that reads its rc files first.
 *
 * A program that exits with 128 and the number of a signal is taken for one that was ended by it: a shell makes no
 * difference between the two.
 */
export async function execAnswered(
  shell: KeptShell,
  command: Command,
  options: ExecOptions,
  context: SshExecContext,
  deadline: Deadline,
): Promise<Ending & Output> {
  const { clock, shells } = context;
  const { stopSignal = 'SIGTERM', graceMs = DEFAULT_GRACE_MS } = options;
  const limit = options.captureLimit ?? DEFAULT_CAPTURE_LIMIT;
  const stdout = new TailBuffer(limit);
  const stderr = new TailBuffer(limit);
  const mark = randomUUID();
  let group: Group | null = null;
  const started = createDeferred<undefined>();
  const listener = {
    onStdout: (data: Buffer) => stdout.push(data),
    onStderr: (data: Buffer) => stderr.push(data),
    onStarted: (told: Group) => {
      group = told;
      started.resolve(undefined);
    },
  };
  const tree = new RemoteTree(mark, () => group?.id ?? null, shells, clock);
  const end = () => tree.end({ stopSignal, graceMs });
  const orphan = () => context.onOrphan({ mark, group, stopSignal, graceMs });
  const finish = (): Output => {
    shells.giveBack(shell);
    return { stdout: stdout.content(), stderr: stderr.content() };
  };

  const asked = shell.ask(lineForAnswer(command, mark, options.descendants ?? 'end'), listener);
  const answered = asked.then((answer) => ({ answer }));
  const first = await orAborted(answered, deadline.signal);
  if (first === null) {
    const ending = stopped(deadline);
    // What was told to start is best ended once it has.
    const begun = await within(clock, START_MS, Promise.race([started.promise, asked]));
    const fate = await end();
    const isAnswered = (await within(clock, ANSWER_MS, asked)) !== null;
    if (!isAnswered) shell.close();
    // Where it has not even told its group it may be about to start still.
    if (fate === 'lost' || (begun === null && !isAnswered)) orphan();
    return { ...ending, ...finish() };
  }
  const { answer } = first;
  if (answer === null) {
    orphan();
    return { termination: 'connection-lost', reason: await whyLost(shell, clock), ...finish() };
  }
  if (answer.left.length > 0) {
    const fate = await tree.waitForEnd(SETTLE_MS, deadline.signal);
    if ((fate === 'alive' ? await end() : fate) === 'lost') orphan();
    // What they wrote last comes before the answer to this.
    if (!(await within(clock, ANSWER_MS, shell.ask(LINE_FOR_NOTHING, listener)))) shell.close();
  }
  // First, as its shell is the one to be asked why a program was not started.
  const output = finish();
  const hasWritten = () => output.stdout.length > 0;
  const ending = endingOf(answer);
  return {
    ...(await judgeStart(command, ending, hasWritten, context, deadline.signal)),
    ...output,
  };
}

function endingOf({ status }: Answer): ProgramExit {
  const signal = Object.entries(constants.signals).find(
    ([, number]) => number === status - SIGNALLED,
  );
  return signal
    ? { termination: 'signalled', signal: signal[0] }
    : { termination: 'exited', exitCode: status };
}

/** The shell can have been ended by itself, too. */
async function whyLost({ lost }: KeptShell, clock: Clock): Promise<string> {
  return (await within(clock, REASON_MS, lost)) ?? 'the shell on the node was ended';
}
