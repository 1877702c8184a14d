import { CommanderError } from 'commander';

import { ExitCode } from '../model/exit-code.js';
import { CliError } from './error.js';
import { note } from './output.js';
import { buildProgram } from './program.js';
import { endOnSignal } from './signals.js';

/** For output that is still on its way. */
const LINGER_MS = 5_000;

/** Runs one command line. Sets the process's exit code; returns when everything is done. */
export async function main(argv: readonly string[]): Promise<void> {
  endOnSignal();
  survivesClosedPipe(process.stdout);
  survivesClosedPipe(process.stderr);
  const program = buildProgram();
  try {
    await program.parseAsync(argv);
  } catch (error) {
    process.exitCode = explain(error, argv);
  }
  endSoon();
}

/** Whatever is still pending has no business here any more; hanging at the end of a night would be worse. */
function endSoon(): void {
  setTimeout(() => process.exit(), LINGER_MS).unref();
}

/**
 * `playbook … | head`: whoever stopped reading is not interested, and a terminal that was closed shows nothing any more;
 * that must not keep us from cleaning up.
 */
function survivesClosedPipe(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || error.code === 'EIO') return;
    process.exitCode = ExitCode.node;
    if (stream !== process.stderr) note(`playbook: could not write the output: ${error.message}`);
  });
}

function explain(error: unknown, argv: readonly string[]): number {
  if (error instanceof CommanderError) {
    // commander has already said what is wrong. Help and version are no errors.
    return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage;
  }
  if (error instanceof CliError) {
    note(`playbook: ${error.message}`);
    if (error.hint !== null) note(`  ${error.hint}`);
    return error.exitCode;
  }
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  note(`playbook: this is a bug: ${message}`);
  const isVerbose = argv.includes('-v') || argv.includes('--verbose');
  note(isVerbose ? (stack ?? '') : '  run it again with --verbose and report what it prints');
  return ExitCode.bug;
}
