import type { Command, CommandResult } from '../model/command.js';
import type { Outcome } from '../model/failure.js';
import type { Connection, TransferSummary } from './connection.js';

/** One use of a connection, in the order in which they began. */
type RecordedCall =
  | {
      readonly type: 'exec';
      readonly command: Command;
      /** `null` while it runs. */
      readonly result: CommandResult | null;
    }
  | {
      readonly type: 'upload' | 'download';
      readonly from: string;
      readonly to: string;
      readonly result: Outcome<TransferSummary> | null;
    };

export interface RecordingConnection extends Connection {
  readonly calls: readonly RecordedCall[];
}

/** A connection that remembers what it was asked to do and what came of it; everything is done by the other one. */
export function recordConnection(connection: Connection): RecordingConnection {
  const calls: RecordedCall[] = [];

  /** @param describe The call as it is recorded, first without its result. */
  const record = async <R>(describe: (result: R | null) => RecordedCall, work: Promise<R>) => {
    const index = calls.push(describe(null)) - 1;
    const result = await work;
    calls[index] = describe(result);
    return result;
  };

  return {
    node: connection.node,
    isOpen: () => connection.isOpen(),
    calls,
    exec: (command, options) =>
      record((result) => ({ type: 'exec', command, result }), connection.exec(command, options)),
    upload: (from, to, options) =>
      record(
        (result) => ({ type: 'upload', from, to, result }),
        connection.upload(from, to, options),
      ),
    download: (from, to, options) =>
      record(
        (result) => ({ type: 'download', from, to, result }),
        connection.download(from, to, options),
      ),
    info: () => connection.info(),
    close: () => connection.close(),
  };
}
