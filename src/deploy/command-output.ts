import { createWriteStream } from 'node:fs';
import { rename, unlink } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { onAbort } from '../async/abort.js';
import type { Command, CommandResult } from '../model/command.js';
import { createFailure, type Failure, type Outcome } from '../model/failure.js';
import type { NodeSpec } from '../model/node.js';
import type { ConnectionPool } from '../remote/pool/pool.js';
import type { Redactor } from '../remote/redaction.js';
import { transferFailure } from '../remote/transfer/failure.js';

/** What a command prints on standard output, until one of the signals aborts. */
export async function* readOutput(
  pool: ConnectionPool,
  node: NodeSpec,
  command: Command,
  ...until: readonly AbortSignal[]
): AsyncGenerator<Buffer, void, undefined> {
  const stop = new AbortController();
  const forget = until.map((signal) => onAbort(signal, () => stop.abort()));
  const stdout = new PassThrough();
  const done = pool
    .use(node, (connection) =>
      connection.exec(command, { stdout, signal: stop.signal, graceMs: 1_000 }),
    )
    .finally(() => stdout.end());
  try {
    for await (const chunk of stdout) yield chunk as Buffer;
  } finally {
    stop.abort();
    for (const undo of forget) undo();
    await done;
  }
}

/**
 * Writes what a command prints on standard output to a file here, secrets masked. The file gets its name when it is
 * complete: when the command has exited with status 0.
 *
 * @param what What is printed, for the message of a failure.
 * @param to Absolute, in a folder that exists.
 */
export async function saveOutput(
  pool: ConnectionPool,
  node: NodeSpec,
  command: Command,
  redactor: Redactor,
  what: string,
  to: string,
): Promise<Outcome<void>> {
  const part = `${to}.part`;
  const masked = redactor.stream();
  const written = pipeline(masked, createWriteStream(part)).then(
    () => null,
    (error: unknown) => error,
  );
  const printed = await pool.use(node, (connection) =>
    connection.exec(command, { stdout: masked }),
  );
  if (printed.ok) masked.end();
  else masked.destroy();
  const error = await written;

  if (printed.ok && error === null && isComplete(printed.value)) {
    await rename(part, to);
    return { ok: true, value: undefined };
  }
  // Tidying up must not hide what went wrong.
  await unlink(part).catch(() => undefined);
  if (!printed.ok) return printed;
  if (error !== null) return { ok: false, failure: transferFailure(error, node.name, what, to) };
  return { ok: false, failure: printFailure(printed.value, node, what, to) };
}

function isComplete(result: CommandResult): boolean {
  return result.termination === 'exited' && result.exitCode === 0;
}

function printFailure(result: CommandResult, node: NodeSpec, what: string, to: string): Failure {
  const isLost = result.termination === 'connection-lost';
  const why = 'reason' in result ? result.reason : result.stderr.toString().trim();
  const message = `could not copy ${what} to ${to}${why === '' ? '' : `: ${why}`}`;
  return createFailure(isLost ? 'connection_lost' : 'transfer', message, { node: node.name });
}
