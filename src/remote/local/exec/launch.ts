import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';

import type { Command } from '../../../model/command.js';
import type { ProgramExit } from '../../connection.js';
import { MARK_VARIABLE } from '../../mark.js';
import { addMark } from '../process-tree/marked-processes.js';
import { explainNotStarted } from './not-started.js';

export interface LaunchOptions {
  readonly cwd: string;
  /** Added to playbook's own environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Finds everything the program starts. */
  readonly mark: string;
  readonly stdio: StdioOptions;
}

export type Launch =
  | {
      readonly ok: true;
      readonly child: ChildProcess;
      /** The id of the process, and of its group and session. */
      readonly pid: number;
      readonly exited: Promise<ProgramExit>;
    }
  | { readonly ok: false; readonly reason: string };

/** Starts a program in a session of its own. */
export async function launch(command: Command, options: LaunchOptions): Promise<Launch> {
  const { cwd, stdio } = options;
  const [program, ...args] = command.argv;
  const badName = Object.keys(command.env ?? {}).find((name) => name === '' || name.includes('='));
  if (badName !== undefined) {
    return { ok: false, reason: `not a name for an environment variable: '${badName}'` };
  }
  const env = environmentOf(command, options);
  try {
    const child = spawn(program, args, { cwd, env, stdio, detached: true });
    if (child.pid === undefined) {
      const [error] = (await once(child, 'error')) as [unknown];
      throw error;
    }
    // Emitted when a signal could not be sent, too: nothing here sends one through it.
    child.on('error', () => undefined);
    const exited = new Promise<ProgramExit>((resolve) => {
      child.once('exit', (exitCode, signal) => {
        resolve(
          exitCode === null
            ? { termination: 'signalled', signal: signal ?? 'unknown' }
            : { termination: 'exited', exitCode },
        );
      });
    });
    return { ok: true, child, pid: child.pid, exited };
  } catch (error) {
    return {
      ok: false,
      reason: await explainNotStarted(error, { program, cwd, searchPath: env['PATH'] }),
    };
  }
}

function environmentOf(
  command: Command,
  { cwd, environment, mark }: LaunchOptions,
): NodeJS.ProcessEnv {
  const marked = { [MARK_VARIABLE]: addMark(process.env[MARK_VARIABLE], mark) };
  // Twice: first, so that it is found at the beginning; last, so that nothing replaces it.
  return { ...marked, ...process.env, ...environment, PWD: cwd, ...command.env, ...marked };
}
