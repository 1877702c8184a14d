import type { CommandResult } from '../model/command.js';
import type { CommandReadiness } from '../model/service.js';
import type { Check } from './poll.js';

/** Runs a program on the service's node, in the working folder. */
export type RunOnNode = (
  argv: readonly [string, ...string[]],
  signal: AbortSignal,
) => Promise<CommandResult>;

/** Passes when the command exits with status 0. */
export function commandCheck({ argv }: CommandReadiness, run: RunOnNode): Check {
  const [program = 'true', ...args] = argv;
  return async (signal) => {
    const result = await run([program, ...args], signal);
    switch (result.termination) {
      case 'exited':
        return result.exitCode === 0
          ? null
          : withOutput(`the check exited with status ${result.exitCode}`, result);
      case 'signalled':
        return withOutput(`the check was killed by ${result.signal}`, result);
      case 'not-started':
      case 'connection-lost':
        return `the check could not run: ${result.reason}`;
      case 'timed-out':
      case 'cancelled':
        return 'the check did not end';
    }
  };
}

function withOutput(message: string, { stdout, stderr }: CommandResult): string {
  const last = Buffer.concat([stdout, stderr]).toString('utf8').trim().split('\n').at(-1);
  return last ? `${message}: ${last}` : message;
}
