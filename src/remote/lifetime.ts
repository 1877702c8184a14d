import { onAbort } from '../async/abort.js';
import type { CommandResult } from '../model/command.js';
import type { TransferOptions } from './connection.js';
import { NO_OUTPUT } from './execution.js';

/** From the opening of a connection to its end: everything that runs on it in between is told of the end. */
export interface Lifetime {
  /** Aborts with the end. */
  readonly closing: AbortSignal;
  /** The end waits for it. */
  track<T>(work: Promise<T>): Promise<T>;
  /** Runs a command, unless it is over. */
  exec(run: () => Promise<CommandResult>): Promise<CommandResult>;
  /** Copies files, until the caller or the end says otherwise. */
  transfer<T>(
    work: (options: TransferOptions) => Promise<T>,
    options?: TransferOptions,
  ): Promise<T>;
  /** Resolves when nothing runs any more. */
  end(): Promise<void>;
}

export function beginLifetime(): Lifetime {
  const closing = new AbortController();
  const running = new Set<Promise<unknown>>();
  const track = <T>(work: Promise<T>): Promise<T> => {
    running.add(work);
    const forget = () => running.delete(work);
    work.then(forget, forget);
    return work;
  };
  const transfer = async <T>(
    work: (options: TransferOptions) => Promise<T>,
    options: TransferOptions = {},
  ): Promise<T> => {
    const cancel = new AbortController();
    const forget = [options.signal, closing.signal].map((signal) =>
      onAbort(signal, () => cancel.abort()),
    );
    const done = await work({ ...options, signal: cancel.signal });
    forget.forEach((undo) => undo());
    return done;
  };
  return {
    closing: closing.signal,
    track,
    exec: (run) => (closing.signal.aborted ? Promise.resolve(closedResult()) : track(run())),
    transfer: (work, options) => track(transfer(work, options)),
    async end() {
      closing.abort();
      await Promise.all(running);
    },
  };
}

function closedResult(): CommandResult {
  const reason = 'the connection is closed';
  return { termination: 'not-started', reason, ...NO_OUTPUT, durationMs: 0 };
}
