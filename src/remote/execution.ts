import type { Clock } from '../async/clock.js';
import { type Deadline, startDeadline } from '../async/deadline.js';
import type { CommandResult } from '../model/command.js';
import type { ExecOptions, ProgramExit } from './connection.js';

export const DEFAULT_GRACE_MS = 10_000;
export const DEFAULT_CAPTURE_LIMIT = 1024 * 1024;
/**
 * What a program left running may still be finishing its output: a script with `exec > >(tee log)` ends before its
 * `tee`.
 */
export const SETTLE_MS = 500;

/** How a command ended, and why. The first reason counts. */
export type Ending =
  | ProgramExit
  | { readonly termination: 'timed-out' | 'cancelled' }
  | { readonly termination: 'not-started' | 'connection-lost'; readonly reason: string };

export interface Output {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

export const NO_OUTPUT: Output = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };

/**
 * Carries a command out within its time, which is measured.
 *
 * @param closing Aborts when the connection is closed.
 */
export async function execute(
  options: ExecOptions,
  clock: Clock,
  closing: AbortSignal,
  run: (deadline: Deadline) => Promise<Ending & Output>,
): Promise<CommandResult> {
  const begin = clock.monotonic();
  const deadline = startDeadline(clock, options.timeoutMs ?? Infinity, options.signal, closing);
  try {
    return { ...(await run(deadline)), durationMs: clock.monotonic() - begin };
  } finally {
    deadline.clear();
  }
}

/** The ending of what was stopped because its deadline's signal aborted. */
export function stopped(deadline: Deadline): Ending {
  return { termination: deadline.expired() ? 'timed-out' : 'cancelled' };
}
