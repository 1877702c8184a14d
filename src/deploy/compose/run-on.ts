import type { Command, CommandResult } from '../../model/command.js';
import { createFailure, type FailureKind, type Outcome } from '../../model/failure.js';
import type { NodeSpec } from '../../model/node.js';
import type { SourceLocation } from '../../model/source.js';
import type { Connection } from '../../remote/connection.js';
import type { ConnectionPool } from '../../remote/pool/pool.js';

/** What a command is for, as its failure says. */
export interface Purpose {
  readonly place: {
    readonly node: string;
    readonly service?: string;
    readonly source?: SourceLocation;
  };
  /** What did not work, without why: `the containers could not be created`. */
  readonly what: string;
  /** Of a command that fails by itself. */
  readonly kind: FailureKind;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly captureLimit?: number;
}

/** Runs a command that has to exit with status 0; everything else is a failure with what it said. */
export async function runOn(
  connection: Connection,
  command: Command,
  purpose: Purpose,
): Promise<Outcome<CommandResult>> {
  const { timeoutMs, signal, captureLimit } = purpose;
  const result = await connection.exec(command, {
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(signal ? { signal } : {}),
    ...(captureLimit === undefined ? {} : { captureLimit }),
  });
  if (result.termination === 'exited' && result.exitCode === 0) return { ok: true, value: result };
  return { ok: false, failure: describe(result, purpose) };
}

/** As `runOn`, on a connection of the pool. */
export async function runOnNode(
  pool: ConnectionPool,
  node: NodeSpec,
  command: Command,
  purpose: Purpose,
): Promise<Outcome<CommandResult>> {
  const { signal } = purpose;
  const lent = await pool.use(node, (connection) => runOn(connection, command, purpose), {
    signal,
  });
  return lent.ok ? lent.value : lent;
}

function describe(result: CommandResult, { place, what, kind, timeoutMs = 0 }: Purpose) {
  switch (result.termination) {
    case 'connection-lost':
      return createFailure('connection_lost', `${what}: ${result.reason}`, place);
    case 'cancelled':
      return createFailure('cancelled', `${what}: cancelled`, place);
    case 'timed-out':
      return createFailure(kind, `${what}: no answer within ${timeoutMs / 1000} s`, place);
    case 'not-started':
      return createFailure(kind, `${what}: ${result.reason}`, place);
    case 'exited':
    case 'signalled': {
      const output = linesOf(result.stderr);
      const why = output.at(-1) ?? endOf(result);
      return createFailure(kind, `${what}: ${why}`, { ...place, output });
    }
  }
}

function endOf(result: CommandResult): string {
  if (result.termination === 'exited') return `exit status ${result.exitCode}`;
  return result.termination === 'signalled' ? `killed by ${result.signal}` : result.termination;
}

/** The lines of what a command printed that say something. */
export function linesOf(output: Buffer): string[] {
  return output
    .toString()
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
