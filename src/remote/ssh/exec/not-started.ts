import type { Command } from '../../../model/command.js';
import type { Failure } from '../../../model/failure.js';
import { lineForExplanation } from '../shell/lines.js';
import type { Ending } from '../../execution.js';
import { askNode } from './ask-node.js';
import type { SshExecContext } from './context.js';

/** A single argument cannot be longer: MAX_ARG_STRLEN of Linux. */
const LONGEST_ARGUMENT = 128 * 1024;
/** What a shell answers where it could not run a program. A program may answer so too. */
const FOUND_BUT_NOT_RUN = 126;
const NOT_FOUND = 127;

type NotStarted = Extract<Ending, { readonly termination: 'not-started' | 'connection-lost' }>;

/** Why a command cannot be run on any node. */
export function whyImpossible({ argv, env = {}, cwd = '' }: Command): string | null {
  const [program] = argv;
  if (program === '') return 'the command is empty';
  const assignments = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const texts = [...argv, cwd, ...assignments];
  if (texts.some((text) => text.includes('\0'))) {
    return 'an argument, a variable or the working directory holds a NUL byte';
  }
  const badName = Object.keys(env).find((name) => name === '' || name.includes('='));
  if (badName !== undefined) return `not a name for an environment variable: '${badName}'`;
  const total = texts.reduce((sum, text) => sum + Buffer.byteLength(text) + 1, 0);
  if (texts.some((text) => Buffer.byteLength(text) >= LONGEST_ARGUMENT) || total > 2 ** 21) {
    return `argument list too long: ${program} (the arguments and the environment together exceed the system's limit)`;
  }
  return null;
}

/** The ending of a command for which there was no session. */
export function notRun({ kind, message }: Failure): Ending {
  const termination = kind === 'connection_lost' ? 'connection-lost' : 'not-started';
  return { termination, reason: message };
}

/**
 * Tells a program that ended with a shell's code for "could not be run" from one that was not run.
 *
 * @param hasWritten Whether anything came on its standard output: then it ran, whatever has become of it since.
 * @returns The ending, or why it was not started.
 */
export async function judgeStart<T extends Ending>(
  command: Command,
  ending: T,
  hasWritten: () => boolean,
  { shells, clock }: SshExecContext,
  signal: AbortSignal,
): Promise<T | NotStarted> {
  if (ending.termination !== 'exited') return ending;
  if (ending.exitCode !== FOUND_BUT_NOT_RUN && ending.exitCode !== NOT_FOUND) return ending;
  const said = await askNode(lineForExplanation(command), shells, clock, signal);
  // Only now: the end is told before the last output has come.
  const reason = said && !hasWritten() && explain(said.trim(), command);
  return reason ? { termination: 'not-started', reason } : ending;
}

function explain(said: string, { argv: [program], cwd = '~' }: Command): string | null {
  const [word = '', ...rest] = said.split(' ');
  switch (word) {
    case 'nofolder':
      return `working directory does not exist: ${cwd}`;
    case 'nodirectory':
      return `working directory is a file: ${cwd}`;
    case 'noentry':
      return `no permission to enter the working directory: ${cwd}`;
    case 'missing':
      return `command not found: ${program}`;
    case 'directory':
      return `is a directory: ${program}`;
    case 'forbidden':
      return `permission denied: ${program} (is it executable?)`;
    case 'interpreter':
      return `cannot be run: ${program} (its first line names an interpreter that does not exist: ${JSON.stringify(rest.join(' '))})`;
    default:
      return null;
  }
}
