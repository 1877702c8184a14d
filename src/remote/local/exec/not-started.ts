import { constants } from 'node:fs';
import { access, readFile, stat } from 'node:fs/promises';
import path from 'node:path';

/** What was to be run. */
interface Attempt {
  readonly program: string;
  readonly cwd: string;
  /** The `PATH` that the program was looked for in. */
  readonly searchPath: string | undefined;
}

/** Says in words why a program could not be started: the system's error alone does not tell what was missing. */
export async function explainNotStarted(error: unknown, attempt: Attempt): Promise<string> {
  const { program, cwd } = attempt;
  if (program === '') return 'the command is empty';
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
    case 'EACCES':
      return (await whatIsWrongWithFolder(cwd)) ?? (await whatIsWrongWithProgram(attempt, code));
    case 'E2BIG':
      return `argument list too long: ${program} (the arguments and the environment together exceed the system's limit)`;
    case 'EPERM':
      return `not permitted: ${program}`;
    case 'ENOEXEC':
      return `not a program for this machine: ${program}`;
    case 'EAGAIN':
    case 'ENOMEM':
      return `no more processes can be started (${code}): ${program}`;
    case 'EMFILE':
    case 'ENFILE':
      return `too many open files: ${program}`;
    case 'ERR_INVALID_ARG_VALUE':
      return 'an argument, a variable or the working directory holds a NUL byte';
    case undefined:
    default:
      return `${program}: ${message}`;
  }
}

async function whatIsWrongWithFolder(folder: string): Promise<string | null> {
  try {
    if (!(await stat(folder)).isDirectory()) return `working directory is a file: ${folder}`;
    await access(folder, constants.X_OK);
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES'
      ? `no permission to enter the working directory: ${folder}`
      : `working directory does not exist: ${folder}`;
  }
}

async function whatIsWrongWithProgram(attempt: Attempt, code: string): Promise<string> {
  const { program, cwd, searchPath = '' } = attempt;
  const isPath = program.includes('/');
  const places = isPath
    ? [path.resolve(cwd, program)]
    : searchPath.split(':').map((folder) => path.resolve(cwd, folder, program));
  let wrong: string | null = null;
  for (const place of places) {
    wrong ??= await whatIsWrongWithFile(place);
  }
  if (wrong !== null) return wrong;
  return code === 'EACCES' && isPath
    ? `permission denied: ${program}`
    : `command not found: ${program}`;
}

/** `null` where there is no such file. */
async function whatIsWrongWithFile(file: string): Promise<string | null> {
  try {
    if ((await stat(file)).isDirectory()) return `is a directory: ${file}`;
    await access(file, constants.X_OK);
    return `cannot be run: ${file} (${await whatItLacks(file)})`;
  } catch (error) {
    return (await exists(file)) || (error as NodeJS.ErrnoException).code === 'EACCES'
      ? `permission denied: ${file} (is it executable?)`
      : null;
  }
}

/** What an executable file needs that the system did not find. */
async function whatItLacks(file: string): Promise<string> {
  const [firstLine = ''] = (await readFile(file, 'latin1')).split('\n', 1);
  if (!firstLine.startsWith('#!')) return 'the loader it was built for is not installed';
  const [interpreter = ''] = firstLine.slice(2).trimStart().split(/[ \t]/, 1);
  return `its first line names an interpreter that does not exist: ${JSON.stringify(interpreter)}`;
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
