import type { CommandResult } from '../../model/command.js';
import type { ProgramExit } from '../../remote/connection.js';
import type { ServiceExit } from '../backend.js';

/** What a shell means by these two; programs seldom use them for anything else. */
const SHELL_STATUS: Readonly<Record<number, string>> = {
  126: ' (a command could not be run)',
  127: ' (a command was not found)',
};

/** The end of a service, from that of its first process or of the command that ran it. */
export function describeExit(
  ending: ProgramExit | CommandResult,
  isStopping: boolean,
): ServiceExit {
  const unknown = { exitCode: null, signal: null, isLost: false };
  switch (ending.termination) {
    case 'exited': {
      const { exitCode } = ending;
      const meaning = SHELL_STATUS[exitCode] ?? '';
      return { ...unknown, exitCode, description: `exited with status ${exitCode}${meaning}` };
    }
    case 'signalled':
      return { ...unknown, signal: ending.signal, description: `killed by ${ending.signal}` };
    case 'connection-lost':
      return { ...unknown, isLost: true, description: `connection lost: ${ending.reason}` };
    case 'cancelled':
      return { ...unknown, description: isStopping ? 'stopped' : 'ended with its connection' };
    case 'not-started':
      return { ...unknown, description: `ended: ${ending.reason}` };
    case 'timed-out':
      throw new Error(`a service cannot end as ${ending.termination}`);
  }
}
