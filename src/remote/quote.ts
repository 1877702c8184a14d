import type { Command } from '../model/command.js';

/** A name that a POSIX shell takes as a variable's. */
const SHELL_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Variables that dash, bash or busybox keep for themselves: reset, read-only or counted up on the way through. */
const KEPT_BY_SHELLS =
  /^(_|IFS|(OLD)?PWD|OPT(IND|ARG|ERR)|PPID|E?UID|LINENO|S?RANDOM|SECONDS|SHLVL|PS[1-4]|SHELLOPTS|BASH.*|DIRSTACK|FUNCNAME|GROUPS|HISTCMD|EPOCH.*|PIPESTATUS|COMP_.*)$/;

/** Whether a variable gets through a shell unchanged. Others have to be set behind it, by `env`. */
export function passesShells(name: string): boolean {
  return SHELL_NAME.test(name) && !KEPT_BY_SHELLS.test(name);
}

/**
 * One word of a POSIX shell that stands for exactly this text. Everything but NUL can be quoted; the result is safe in
 * any byte encoding that keeps ASCII.
 */
export function quoteWord(text: string): string {
  if (text.includes('\0')) throw new RangeError('a shell word cannot hold a NUL byte');
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** Words of a POSIX shell, separated by blanks. */
export function quoteWords(words: readonly string[]): string {
  return words.map(quoteWord).join(' ');
}

/**
 * A command as a script for a POSIX `sh`, which becomes the program by `exec`. Meant to be fed on standard input or
 * shown to a person: as an argument of a shell it would show the environment to everybody who lists processes.
 * `stdin` is not part of it.
 */
export function renderScript(command: Command): string {
  return renderStatements(command).join('\n') + '\n';
}

/**
 * The same in one line, for a shell that reads its input by lines.
 *
 * @param newline Expands to a newline where it stands between double quotes, as `$N` does in a shell that set it.
 * @param launcher Words of the shell that run the program: `exec setsid`.
 */
export function renderLine(command: Command, newline: string, launcher = 'exec'): string {
  // Every newline stands between single quotes: nothing else of a statement holds one.
  return renderStatements(command, launcher)
    .map((statement) => statement.replaceAll('\n', `'"${newline}"'`))
    .join('; ');
}

function renderStatements({ argv, env = {}, cwd }: Command, launcher = 'exec'): string[] {
  const statements: string[] = [];
  if (cwd !== undefined) statements.push(`cd ${quoteWord(cwd)} || exit 126`);
  const further: string[] = [];
  for (const [name, value] of Object.entries(env)) {
    if (passesShells(name)) statements.push(`export ${name}=${quoteWord(value)}`);
    else further.push(`${name}=${value}`);
  }
  return [...statements, renderCall(argv, further, launcher)];
}

/** @param assignments `NAME=value` that only `env` can set. */
function renderCall(
  argv: Command['argv'],
  assignments: readonly string[],
  launcher: string,
): string {
  const program = argv[0];
  if (assignments.length > 0) {
    // A program with `=` in its name would be one more assignment to `env`.
    const call = program.includes('=') ? ['/bin/sh', '-c', 'exec "$0" "$@"', ...argv] : argv;
    return `${launcher} /usr/bin/env -- ${quoteWords([...assignments, ...call])}`;
  }
  // `exec` would take it for an option; a simple command does not.
  return program.startsWith('-') ? quoteWords(argv) : `${launcher} ${quoteWords(argv)}`;
}
