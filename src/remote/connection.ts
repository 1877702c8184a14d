import type { Readable, Writable } from 'node:stream';

import type { Command, CommandResult } from '../model/command.js';
import type { Outcome } from '../model/failure.js';

/**
 * A login on one node: the only way anything outside this process is touched. Every kind (local, ssh, recording)
 * passes one contract suite; retry, redaction and recording are decorators over this interface.
 */
export interface Connection {
  /** The node's name. */
  readonly node: string;

  /** False once it was closed or lost: it is to be replaced. */
  readonly isOpen: () => boolean;

  /**
   * Runs a program in a session and process group of its own and waits for its end. Never rejects for what the program or the
   * network does: that is the result's `termination`. When the signal aborts or the time is up, the whole process
   * tree is ended (`stopSignal`, after `graceMs` SIGKILL) and is gone when the promise resolves. What the program
   * forked and left running after a normal exit is ended in the same way, unless `descendants` says otherwise.
   */
  exec(command: Command, options?: ExecOptions): Promise<CommandResult>;

  /**
   * Copies a file or a directory (its content, recursively) to the node. Each file gets its name only when it is
   * complete. Modes, dotfiles and odd names are kept; a link that points outside `from` is refused.
   *
   * @param from Absolute, on the machine that runs playbook.
   * @param to Absolute, on the node; parents are made.
   */
  upload(from: string, to: string, options?: TransferOptions): Promise<Outcome<TransferSummary>>;

  /** As `upload`, from the node to here. */
  download(from: string, to: string, options?: TransferOptions): Promise<Outcome<TransferSummary>>;

  /** What is known of the login. Asked once per connection. */
  info(): Promise<Outcome<NodeInfo>>;

  /** Ends what still runs on it and closes it. Safe to call twice. */
  close(): Promise<void>;
}

export interface ExecOptions {
  /** Cancels. */
  readonly signal?: AbortSignal;
  /** Default: none. */
  readonly timeoutMs?: number;
  /** Default SIGTERM. */
  readonly stopSignal?: NodeJS.Signals;
  /** Between the stop signal and SIGKILL. Default 10 s. */
  readonly graceMs?: number;
  /**
   * Gets the bytes as they come, with back pressure, instead of capturing them. Not ended here: the owner ends it.
   */
  readonly stdout?: Writable;
  readonly stderr?: Writable;
  /** How many bytes of each stream are captured at most; the newest are kept. Default 1 MiB. */
  readonly captureLimit?: number;
  /**
   * Sent to standard input in place of `Command.stdin`, with back pressure. Destroyed when the program no longer reads it.
   * Where it fails itself, the program sees the end of its input: whoever made it knows why, and cancels.
   */
  readonly stdin?: Readable;
  /**
   * What becomes of processes that the program left running after a normal exit. Default `end`. With `leave`, output that
   * they write later is lost.
   */
  readonly descendants?: 'end' | 'leave';
  /** The process group's id on the node, as soon as it is known. */
  readonly onStarted?: (processGroup: number) => void;
  /**
   * The program itself ended by itself; what it left running is being ended, and output may still come. Called at most
   * once, before the result.
   */
  readonly onExited?: (exit: ProgramExit) => void;
}

/** How a program ended: by an exit code or by a signal. */
export type ProgramExit =
  | { readonly termination: 'exited'; readonly exitCode: number }
  | { readonly termination: 'signalled'; readonly signal: string };

export interface TransferOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TransferSummary) => void;
}

export interface TransferSummary {
  readonly files: number;
  readonly bytes: number;
}

export interface NodeInfo {
  /** The login's home, absolute. */
  readonly home: string;
  readonly user: string;
}
