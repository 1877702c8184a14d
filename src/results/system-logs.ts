import { mkdir } from 'node:fs/promises';
import path from 'node:path';

import pLimit from 'p-limit';

import type { Command, CommandResult } from '../model/command.js';
import { createFailure, type Failure } from '../model/failure.js';
import type { Connection } from '../remote/connection.js';
import { writeAtomically } from './files/atomic-file.js';
import type { Mask } from './document.js';
import { fileFailure } from './files/file-failure.js';

/** What is asked of a node in comprehensive mode: the file's name and the command. */
const QUESTIONS: readonly (readonly [string, Command['argv']])[] = [
  ['docker_info.txt', ['docker', 'info']],
  ['ps.txt', ['ps', 'aux']],
  ['df.txt', ['df', '-h']],
  ['free.txt', ['free', '-m']],
  ['uname.txt', ['uname', '-a']],
  ['nvidia_smi.txt', ['nvidia-smi']],
  ['dmesg.txt', ['/bin/sh', '-c', 'dmesg | tail -n 1000']],
];

/** A driver that hangs must not hold the results back. */
const TIMEOUT_MS = 15_000;
/** Few enough for the sessions that an SSH server allows. */
const AT_ONCE = 3;

export interface SystemLogOptions {
  readonly connection: Connection;
  /** Where the files go, absolute; made where it does not exist. */
  readonly folder: string;
  /** Command lines that `ps` shows may hold secrets. */
  readonly mask: Mask;
  readonly signal: AbortSignal;
  /** For one command. Default 15 s. */
  readonly timeoutMs?: number;
}

/**
 * Asks a node how it is, each answer in a file of its own. That a program is missing, forbidden or hangs is noted in
 * its file and is no failure.
 */
export async function collectSystemLogs(options: SystemLogOptions): Promise<readonly Failure[]> {
  try {
    await mkdir(options.folder, { recursive: true });
  } catch (error) {
    return [fileFailure(error, `could not make ${options.folder}`)];
  }
  const limit = pLimit(AT_ONCE);
  const failures = await Promise.all(
    QUESTIONS.map(([name, argv]) => limit(() => askNode(name, argv, options))),
  );
  return failures.flat();
}

async function askNode(
  name: string,
  argv: Command['argv'],
  { connection, folder, mask, signal, timeoutMs = TIMEOUT_MS }: SystemLogOptions,
): Promise<readonly Failure[]> {
  if (signal.aborted) return [];
  const result = await connection.exec({ argv }, { signal, timeoutMs, graceMs: 1_000 });
  const answer = mask(renderAnswer(argv, result));
  const written = await writeAtomically(path.join(folder, name), answer);
  const failures = written.ok ? [] : [written.failure];
  if (result.termination !== 'connection-lost') return failures;
  const { node } = connection;
  return [
    ...failures,
    createFailure('connection_lost', `connection lost: ${result.reason}`, { node }),
  ];
}

function renderAnswer(argv: Command['argv'], result: CommandResult): string {
  const parts = [
    `$ ${argv.join(' ')}`,
    result.stdout.toString(),
    result.stderr.toString(),
    describeEnd(argv, result),
  ];
  return parts
    .filter((part) => part !== '')
    .map((part) => (part.endsWith('\n') ? part : `${part}\n`))
    .join('');
}

/** Nothing where the command did what it should. */
function describeEnd([program]: Command['argv'], result: CommandResult): string {
  switch (result.termination) {
    case 'exited':
      if (result.exitCode === 0) return '';
      return result.exitCode === 127
        ? `[${program} is not installed]`
        : `[exited with status ${result.exitCode}]`;
    case 'signalled':
      return `[killed by ${result.signal}]`;
    case 'timed-out':
      return `[stopped: no answer in time]`;
    case 'cancelled':
      return '[cancelled]';
    case 'not-started':
      return `[${program} could not be started: ${result.reason}]`;
    case 'connection-lost':
      return `[connection lost: ${result.reason}]`;
  }
}
