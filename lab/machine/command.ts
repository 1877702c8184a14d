import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

export interface RunOptions {
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Text for standard input. Default: standard input is empty. */
  readonly input?: string;
  /** A file that becomes standard input. */
  readonly inputFile?: string;
  /** What a failure calls the command. Default: the command itself. */
  readonly label?: string;
}

export interface RunResult {
  /** `null` where a signal ended it. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program and answers how it ended. It does not outlive this process, even where that is killed. */
export async function attempt(
  argv: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const child = spawn('setpriv', ['--pdeathsig=KILL', '--', ...argv], {
    env: { ...process.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    stdio: 'pipe',
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (options.inputFile === undefined) {
    // A program that ends without reading is judged by its exit code, not by the broken pipe.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input);
  } else {
    await pipeline(createReadStream(options.inputFile), child.stdin).catch(() => undefined);
  }
  const exitCode = await ended;
  return {
    exitCode,
    stdout: Buffer.concat(stdout).toString(),
    stderr: Buffer.concat(stderr).toString(),
  };
}

/**
 * Runs a program that has to succeed and answers its standard output.
 *
 * @throws Error with the command and the last lines that it printed.
 */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await attempt(argv, options);
  if (result.exitCode === 0) return result.stdout;
  const said = `${result.stdout}\n${result.stderr}`.trim().split('\n').slice(-15).join('\n  ');
  throw new Error(
    `${options.label ?? argv.join(' ')} ended with ${result.exitCode ?? 'a signal'}:\n  ${said}`,
  );
}
