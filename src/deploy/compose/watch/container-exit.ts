import type { ServiceExit } from '../../backend.js';

/** Docker says 128 + n of a program that signal n of Linux has ended. */
const SIGNALS: Readonly<Record<number, NodeJS.Signals>> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  4: 'SIGILL',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  13: 'SIGPIPE',
  14: 'SIGALRM',
  15: 'SIGTERM',
};

/** What a shell means by these two; programs seldom use them for anything else. */
const SHELL_STATUS: Readonly<Record<number, string>> = {
  126: ' (a command could not be run)',
  127: ' (a command was not found)',
};

/** The status with which docker ends what does not stop, and the kernel what takes too much memory. */
export const KILLED = 137;

/** @param exitCode `null`: not known. */
export function describeContainerExit(
  exitCode: number | null,
  isOutOfMemory: boolean,
): ServiceExit {
  const exit = { exitCode: null, signal: null, isLost: false };
  if (exitCode === null) return { ...exit, description: 'ended' };
  if (isOutOfMemory) {
    return { ...exit, signal: 'SIGKILL', description: 'killed by SIGKILL (out of memory)' };
  }
  const signal = SIGNALS[exitCode - 128];
  if (signal) return { ...exit, signal, description: `killed by ${signal}` };
  const meaning = SHELL_STATUS[exitCode] ?? '';
  return { ...exit, exitCode, description: `exited with status ${exitCode}${meaning}` };
}

/** Nobody can say what became of it. */
export function lostExit(description: string): ServiceExit {
  return { exitCode: null, signal: null, isLost: true, description };
}
