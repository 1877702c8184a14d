import type { ExitCode } from '../model/exit-code.js';

/** Ends a command with a message for people and an exit code. Not a bug. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: ExitCode;
  readonly hint: string | null;

  constructor(message: string, exitCode: ExitCode, hint: string | null = null) {
    super(message);
    this.exitCode = exitCode;
    this.hint = hint;
  }
}
