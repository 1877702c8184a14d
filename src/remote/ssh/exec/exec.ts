import { type Deadline, startDeadline } from '../../../async/deadline.js';
import type { Command, CommandResult } from '../../../model/command.js';
import type { ExecOptions } from '../../connection.js';
import { execAnswered } from './answered.js';
import { type Ending, NO_OUTPUT, type Output, type SshExecContext } from './context.js';
import { judgeStart, whyImpossible } from './not-started.js';
import { execStreamed } from './streamed.js';

/**
 * Runs a program on the node, as `Connection.exec` says: a question in a shell that is kept open for it, everything else
 * on a channel of its own.
 *
 * @param closing Aborts when the connection is closed.
 */
export async function execOverSsh(
  command: Command,
  options: ExecOptions,
  context: SshExecContext,
  closing: AbortSignal,
): Promise<CommandResult> {
  const { clock } = context;
  const begin = clock.monotonic();
  const deadline = startDeadline(clock, options.timeoutMs ?? Infinity, options.signal, closing);
  try {
    const ending = await run(command, options, context, deadline);
    return { ...ending, durationMs: clock.monotonic() - begin };
  } finally {
    deadline.clear();
  }
}

async function run(
  command: Command,
  options: ExecOptions,
  context: SshExecContext,
  deadline: Deadline,
): Promise<Ending & Output> {
  if (deadline.signal.aborted) return { termination: 'cancelled', ...NO_OUTPUT };
  const reason = whyImpossible(command);
  if (reason !== null) return { termination: 'not-started', reason, ...NO_OUTPUT };
  const ran = await runSomewhere(command, options, context, deadline);
  const { stdout, stderr } = ran;
  return { ...(await judgeStart(command, ran, context.shells)), stdout, stderr };
}

async function runSomewhere(
  command: Command,
  options: ExecOptions,
  context: SshExecContext,
  deadline: Deadline,
): Promise<Ending & Output> {
  const { shells } = context;
  if (!isQuestion(command, options)) return execStreamed(command, options, context, deadline);
  const idle = shells.takeIdle();
  if (idle) return execAnswered(idle, command, options, context, deadline);
  if (!shells.mayOpen()) return execStreamed(command, options, context, deadline);
  const taken = await shells.take('work');
  if (taken.ok) return execAnswered(taken.value, command, options, context, deadline);
  const { kind, message } = taken.failure;
  const termination = kind === 'connection_lost' ? 'connection-lost' : 'not-started';
  return { termination, reason: message, ...NO_OUTPUT };
}

/** Nobody waits for its output as it comes, for its start or for the program's own end, and it reads nothing. */
function isQuestion(command: Command, options: ExecOptions): boolean {
  const { stdin, stdout, stderr, onStarted, onExited } = options;
  return [command.stdin, stdin, stdout, stderr, onStarted, onExited].every(
    (wanted) => wanted === undefined,
  );
}
