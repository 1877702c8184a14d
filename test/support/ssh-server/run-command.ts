import { type ChildProcess, spawn } from 'node:child_process';

import { once } from 'node:events';

import type { ServerChannel } from 'ssh2';

import { createPipeSupply } from '../../../src/remote/local/exec/pipes.js';
import { openStreams } from '../../../src/remote/local/exec/streams.js';

/**
 * Runs a command on this machine as sshd would: `sh -c` in a session of its own, its streams over the channel, its end as exit
 * status or signal. As with sshd, closing the channel does not end it.
 *
 * @param command `null`: a shell that reads its commands from standard input.
 * @returns Sends it a signal.
 */
export function runCommand(
  channel: ServerChannel,
  command: string | null,
  environment: Readonly<Record<string, string>>,
): (signal: NodeJS.Signals) => void {
  let child: ChildProcess | null = null;
  channel.on('error', () => undefined);
  void start(channel, command, environment).then((started) => {
    child = started;
  });
  return (signal) => {
    child?.kill(signal);
  };
}

async function start(
  channel: ServerChannel,
  command: string | null,
  environment: Readonly<Record<string, string>>,
): Promise<ChildProcess> {
  // Pipes, as sshd has them: what Node makes cannot be opened by name.
  const pipes = createPipeSupply();
  const streams = await openStreams(pipes, true);
  const child = spawn('/bin/sh', command === null ? [] : ['-c', command], {
    detached: true,
    cwd: process.env['HOME'] ?? '/',
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...environment },
    stdio: streams.stdio,
  });
  const { stdin, stdout, stderr } = streams.connect(child);
  for (const stream of [stdin, stdout, stderr]) stream?.on('error', () => undefined);
  if (stdin) channel.pipe(stdin);
  stdout.pipe(channel, { end: false });
  stderr.pipe(channel.stderr, { end: false });
  child.on('error', () => {
    channel.exit(127);
    channel.end();
  });
  // The status goes at once, whoever still holds the streams; the channel ends with them.
  const isOver = [once(child, 'exit'), once(stdout, 'close'), once(stderr, 'close')];
  child.on('exit', (code, signal) => {
    if (signal === null) channel.exit(code ?? 0);
    else channel.exit(signal.replace(/^SIG/, ''), false, '');
  });
  void Promise.all(isOver).then(() => {
    channel.end();
    pipes.close();
  });
  return child;
}
