import type { Deadline } from '../../../async/deadline.js';
import type { Command, CommandResult } from '../../../model/command.js';
import type { ExecOptions } from '../../connection.js';
import { type Ending, NO_OUTPUT, type Output, execute, stopped } from '../../execution.js';
import { execAnswered } from './answered.js';
import type { SshExecContext } from './context.js';
import { notRun, whyImpossible } from './not-started.js';
import { execStreamed } from './streamed.js';

/**
 * Runs a program on the node, as `Connection.exec` says: a question in a shell that is kept open for it, everything else
 * on a channel of its own.
 *
 * @param closing Aborts when the connection is closed.
 */
export function execOverSsh(
  command: Command,
  options: ExecOptions,
  context: SshExecContext,
  closing: AbortSignal,
): Promise<CommandResult> {
  return execute(options, context.clock, closing, (deadline) =>
    run(command, options, context, deadline),
  );
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
  return runSomewhere(command, options, context, deadline);
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
  const taken = await shells.take('work', deadline.signal);
  if (taken.ok) return execAnswered(taken.value, command, options, context, deadline);
  const ending = deadline.signal.aborted ? stopped(deadline) : notRun(taken.failure);
  return { ...ending, ...NO_OUTPUT };
}

/** Nobody waits for its output as it comes, for its start or for the program's own end, and it reads nothing. */
function isQuestion(command: Command, options: ExecOptions): boolean {
  const { stdin, stdout, stderr, onStarted, onExited } = options;
  return [command.stdin, stdin, stdout, stderr, onStarted, onExited].every(
    (wanted) => wanted === undefined,
  );
}
