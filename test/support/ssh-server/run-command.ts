import { spawn } from 'node:child_process';

import type { ServerChannel } from 'ssh2';

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
  const child = spawn('/bin/sh', command === null ? [] : ['-c', command], {
    detached: true,
    cwd: process.env['HOME'] ?? '/',
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...environment },
    stdio: 'pipe',
  });
  for (const stream of [child.stdin, child.stdout, child.stderr, channel]) {
    stream.on('error', () => undefined);
  }
  channel.pipe(child.stdin);
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr, { end: false });
  child.on('error', () => {
    channel.exit(127);
    channel.end();
  });
  child.on('close', (code, signal) => {
    if (signal === null) channel.exit(code ?? 0);
    else channel.exit(signal.replace(/^SIG/, ''), false, '');
    channel.end();
  });
  return (signal) => {
    child.kill(signal);
  };
}
