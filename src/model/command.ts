/** A program to run on a node. Never a shell string: that is made in one place only, behind the connection. */
export interface Command {
  readonly argv: readonly [string, ...string[]];
  /** Added to the login's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Absolute. Default: the login's home (locally: the project). */
  readonly cwd?: string;
  /** Sent to standard input, which is then closed. Default: standard input is empty. */
  readonly stdin?: string | Uint8Array;
}

interface CommandOutput {
  /** What was captured; empty where a sink took the stream. Bounded: see `ExecOptions.captureLimit`. */
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  readonly durationMs: number;
}

/** How a command ended. A lost connection is never an exit code. */
export type CommandResult = CommandOutput &
  (
    | { readonly termination: 'exited'; readonly exitCode: number }
    | { readonly termination: 'signalled'; readonly signal: string }
    | { readonly termination: 'timed-out' }
    | { readonly termination: 'cancelled' }
    | { readonly termination: 'connection-lost'; readonly reason: string }
    | { readonly termination: 'not-started'; readonly reason: string }
  );

export type Termination = CommandResult['termination'];
