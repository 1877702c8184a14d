import { randomUUID } from 'node:crypto';
import { Readable, type Writable, pipeline } from 'node:stream';

import { orAborted } from '../../../async/abort.js';
import type { Clock } from '../../../async/clock.js';
import { type Deadline, within } from '../../../async/deadline.js';
import type { Command, CommandResult } from '../../../model/command.js';
import type { ExecOptions, ProgramExit } from '../../connection.js';
import {
  DEFAULT_CAPTURE_LIMIT,
  DEFAULT_GRACE_MS,
  type Ending,
  NO_OUTPUT,
  type Output,
  SETTLE_MS,
  execute,
  stopped,
} from '../../execution.js';
import { drain } from '../../streams/drain.js';
import { launch } from './launch.js';
import type { PipeSupply } from './pipes.js';
import { ProcessTree } from '../process-tree/process-tree.js';
import { startPump } from '../../streams/pump.js';
import { openStreams } from './streams.js';

/** For the exit status of a process that was ended, once it is gone. */
const REAP_MS = 1_000;

/** What a local connection gives to each of its commands. */
export interface ExecContext {
  readonly clock: Clock;
  /** Where commands run that name no folder. */
  readonly cwd: string;
  /** Added to playbook's own environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly pipes: PipeSupply;
  /** Aborts when the connection is closed. */
  readonly closing: AbortSignal;
}

/** Runs a program on this machine, as `Connection.exec` says. */
export function execLocally(
  command: Command,
  options: ExecOptions,
  context: ExecContext,
): Promise<CommandResult> {
  return execute(options, context.clock, context.closing, (deadline) =>
    run(command, options, context, deadline),
  );
}

async function run(
  command: Command,
  options: ExecOptions,
  context: ExecContext,
  deadline: Deadline,
): Promise<Ending & Output> {
  const input = options.stdin ?? command.stdin;
  const streams = await openStreams(context.pipes, input !== undefined);
  if (deadline.signal.aborted) {
    streams.discard();
    return { ...stopped(deadline), ...NO_OUTPUT };
  }
  const mark = randomUUID();
  const { stdio } = streams;
  const launched = await launch(command, {
    cwd: command.cwd ?? context.cwd,
    environment: context.environment,
    mark,
    stdio,
  });
  if (!launched.ok) {
    streams.discard();
    return { termination: 'not-started', reason: launched.reason, ...NO_OUTPUT };
  }

  const { child, pid, exited } = launched;
  const { stdin, stdout, stderr } = streams.connect(child);
  feed(stdin, input);
  const limit = options.captureLimit ?? DEFAULT_CAPTURE_LIMIT;
  const output = startPump(stdout, options.stdout, limit);
  const errors = startPump(stderr, options.stderr, limit);
  options.onStarted?.(pid);

  const ending = await untilGone(new ProcessTree(pid, mark), exited, options, context, deadline);
  // What the kernel could not end must not keep playbook from ending.
  child.unref();
  stdin?.destroy();
  await drain([output, errors], deadline.signal);
  return { ...ending, stdout: output.captured(), stderr: errors.captured() };
}

/** Resolves when the whole tree is gone, with the first reason for its end. */
async function untilGone(
  tree: ProcessTree,
  exited: Promise<ProgramExit>,
  options: ExecOptions,
  { clock }: ExecContext,
  deadline: Deadline,
): Promise<Ending> {
  const { stopSignal = 'SIGTERM', graceMs = DEFAULT_GRACE_MS } = options;
  const first = await orAborted(exited, deadline.signal);
  if (first === null) {
    const ending = stopped(deadline);
    await tree.end({ stopSignal, graceMs, clock });
    await within(clock, REAP_MS, exited);
    return ending;
  }
  options.onExited?.(first);
  if (options.descendants === 'leave') return first;
  const isGone = await tree.waitForEnd(SETTLE_MS, deadline.signal);
  if (!isGone) await tree.end({ stopSignal, graceMs, clock });
  return first;
}

function feed(stdin: Writable | null, input: ExecOptions['stdin'] | Command['stdin']): void {
  if (!stdin) return;
  // A program need not read what it is given: then the pipe breaks, and that is all.
  stdin.on('error', () => undefined);
  if (input instanceof Readable) pipeline(input, stdin, () => undefined);
  else stdin.end(input);
}
