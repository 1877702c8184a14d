import { systemClock } from '../../../../../src/async/clock.js';
import type { Command } from '../../../../../src/model/command.js';
import type { Outcome } from '../../../../../src/model/failure.js';
import type { Connection } from '../../../../../src/remote/connection.js';
import { openLocal } from '../../../../../src/remote/local/connection.js';
import type { StreamTransferContext } from '../../../../../src/remote/transfer/stream/context.js';
import { downloadByStream } from '../../../../../src/remote/transfer/stream/download/download.js';
import { uploadByStream } from '../../../../../src/remote/transfer/stream/upload/upload.js';
import { nodeSpec } from '../../../../support/specs.js';

/** What stands for the node: a shell, and where it finds its programs. */
export interface Tools {
  readonly name: string;
  readonly shell: readonly [string, ...string[]];
  /** `null`: as here. */
  readonly searchPath: string | null;
}

export const GNU: Tools = { name: 'GNU tools', shell: ['/bin/sh'], searchPath: null };

/** A connection to this machine, whose commands see other tools. */
export async function openNode({ shell, searchPath }: Tools = GNU): Promise<Connection> {
  const opened = await openLocal(nodeSpec(), {
    cwd: '/',
    clock: systemClock,
    ...(searchPath !== null && { environment: { PATH: searchPath } }),
  });
  if (!opened.ok) throw new Error(opened.failure.message);
  const connection = opened.value;
  return {
    ...connection,
    exec: (command, options) => connection.exec(withShell(command, shell), options),
  };
}

function withShell(command: Command, shell: Tools['shell']): Command {
  const [program, ...args] = command.argv;
  if (program !== '/bin/sh') return command;
  // A shell within the script, too.
  return {
    ...command,
    argv: [...shell, ...args.map((arg) => arg.replaceAll('/bin/sh', shell.join(' ')))],
  };
}

export function contextOf(
  { node, exec }: Pick<Connection, 'node' | 'exec'>,
  overrides: Partial<StreamTransferContext> = {},
): StreamTransferContext {
  return { node, exec, clock: systemClock, random: Math.random, ...overrides };
}

/** The same connection, which copies as a stream, with the tools of another one to this machine. */
export function streaming(connection: Connection, copying: Connection = connection): Connection {
  const context = contextOf(copying);
  return {
    ...connection,
    upload: (from, to, options) => uploadByStream(from, to, context, options),
    download: (from, to, options) => downloadByStream(from, to, context, options),
    close: async () => {
      await connection.close();
      await copying.close();
    },
  };
}

/** What an outcome that has to be a failure says. */
export function failureOf(outcome: Outcome<unknown>) {
  if (outcome.ok) throw new Error('it succeeded');
  return outcome.failure;
}
