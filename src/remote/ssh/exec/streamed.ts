import { randomBytes, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';

import type { ClientChannel } from 'ssh2';

import { OVER, orAborted } from '../../../async/abort.js';
import { type Deadline, within } from '../../../async/deadline.js';
import type { Command } from '../../../model/command.js';
import type { ExecOptions, ProgramExit } from '../../connection.js';
import {
  DEFAULT_CAPTURE_LIMIT,
  DEFAULT_GRACE_MS,
  type Ending,
  NO_OUTPUT,
  type Output,
  SETTLE_MS,
  stopped,
} from '../../execution.js';
import { drain } from '../../streams/drain.js';
import { startPump } from '../../streams/pump.js';
import { type Session, discard } from '../shell/session.js';
import { bootProgram } from '../shell/boot.js';
import type { Group } from '../shell/group.js';
import { lineForProgram } from '../shell/lines.js';
import { untilStarted } from '../shell/preamble.js';
import type { SshExecContext } from './context.js';
import { judgeStart, notRun } from './not-started.js';
import { RemoteTree } from './remote-tree.js';

/** For the rest of the output of a program that is gone, over a slow line. */
const QUIET_MS = 2_000;
/** The same, where what it left may hold its streams. */
const LEAVE_QUIET_MS = 300;
/** For a program to begin, once its shell was told to run it. */
const START_MS = 2_000;
/** For the exit status of a program that was ended, and for the reason where there is none. */
const STATUS_MS = 2_000;

/**
 * Runs a program on a channel of its own, which it becomes: its streams are the channel's, byte for byte, and `sshd`
 * tells how it ended.
 */
export async function execStreamed(
  command: Command,
  options: ExecOptions,
  context: SshExecContext,
  deadline: Deadline,
): Promise<Ending & Output> {
  const session = await context.sessions.open('work', deadline.signal);
  if (deadline.signal.aborted) {
    // It has not been told what to run, and never will be.
    if (session.ok) discard(session.value.channel);
    return { ...stopped(deadline), ...NO_OUTPUT };
  }
  if (!session.ok) return { ...notRun(session.failure), ...NO_OUTPUT };
  try {
    return await runIn(session.value, command, options, context, deadline);
  } finally {
    discard(session.value.channel);
    options.stdin?.destroy();
  }
}

async function runIn(
  { channel, lost }: Session,
  command: Command,
  options: ExecOptions,
  context: SshExecContext,
  deadline: Deadline,
): Promise<Ending & Output> {
  const { clock, shells } = context;
  const { stopSignal = 'SIGTERM', graceMs = DEFAULT_GRACE_MS } = options;
  const input = options.stdin ?? command.stdin;
  const mark = randomUUID();
  const token = randomBytes(16).toString('hex');
  let group: Group | null = null;
  const tree = new RemoteTree(mark, () => group?.id ?? null, shells, clock);
  const end = () => tree.end({ stopSignal, graceMs });
  const orphan = () => context.onOrphan({ mark, group, stopSignal, graceMs });

  const ended = exitOf(channel);
  const isOver = new AbortController();
  const started = untilStarted(channel, token, isOver.signal);
  channel.write(`${bootProgram(token)}\n${lineForProgram(command, mark, input !== undefined)}\n`);
  // Waited for also where it is cancelled now: what was told to start is best ended once it has.
  group = (await orAborted(started, deadline.signal)) ?? (await within(clock, START_MS, started));
  isOver.abort(OVER);
  if (group === null) {
    await end();
    // It may be about to start still.
    orphan();
    if (deadline.signal.aborted) return { ...stopped(deadline), ...NO_OUTPUT };
    return { ...(await unanswered()), ...NO_OUTPUT };
  }
  options.onStarted?.(group.id);
  feed(channel, input);

  const limit = options.captureLimit ?? DEFAULT_CAPTURE_LIMIT;
  const output = startPump(channel, options.stdout, limit);
  const errors = startPump(channel.stderr, options.stderr, limit);
  channel.resume();
  channel.stderr.resume();
  const ending = await untilGone();
  options.stdin?.destroy();
  const quietMs = options.descendants === 'leave' ? LEAVE_QUIET_MS : QUIET_MS;
  await drain([output, errors], deadline.signal, quietMs);
  return { ...ending, stdout: output.captured(), stderr: errors.captured() };

  async function untilGone(): Promise<Ending> {
    const first = await orAborted(ended, deadline.signal);
    if (first === null) {
      if ((await end()) === 'lost') orphan();
      await within(clock, STATUS_MS, ended);
      return stopped(deadline);
    }
    if (first === 'closed') {
      orphan();
      return unanswered();
    }
    const hasWritten = () => output.passed() > 0;
    const judged = await judgeStart(command, first, hasWritten, context, deadline.signal);
    if ('reason' in judged) return judged;
    options.onExited?.(judged);
    if (options.descendants === 'leave') return first;
    const fate = await tree.waitForEnd(SETTLE_MS, deadline.signal);
    if ((fate === 'alive' ? await end() : fate) === 'lost') orphan();
    return first;
  }

  async function unanswered(): Promise<Ending> {
    const reason = await within(clock, STATUS_MS, lost);
    return {
      termination: 'connection-lost',
      reason: reason ?? 'the node closed the session without an exit status',
    };
  }
}

/** `closed` where there never was an exit status: the connection was lost. */
function exitOf(channel: ClientChannel): Promise<ProgramExit | 'closed'> {
  return new Promise((resolve) => {
    channel.once('exit', (exitCode: number | null, signal?: string) => {
      resolve(
        exitCode === null
          ? { termination: 'signalled', signal: signal ?? 'unknown' }
          : { termination: 'exited', exitCode },
      );
    });
    channel.once('close', () => resolve('closed'));
  });
}

function feed(channel: ClientChannel, input: ExecOptions['stdin'] | Command['stdin']): void {
  if (!(input instanceof Readable)) {
    channel.end(input);
    return;
  }
  // Not a pipeline: a write to a channel that was closed never calls back.
  const resume = () => input.resume();
  input.on('data', (chunk: Buffer) => {
    if (!channel.write(chunk)) input.pause();
  });
  input.once('end', () => channel.end());
  input.once('error', () => channel.end());
  channel.on('drain', resume);
  channel.once('close', () => {
    channel.off('drain', resume);
    input.destroy();
  });
}
