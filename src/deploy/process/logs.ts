import { createWriteStream } from 'node:fs';
import { rename, unlink } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { onAbort } from '../../async/abort.js';
import type { Command, CommandResult } from '../../model/command.js';
import { createFailure, type Outcome } from '../../model/failure.js';
import type { NodeSpec } from '../../model/node.js';
import { createLineSplitter } from '../../remote/lines.js';
import type { ConnectionPool } from '../../remote/pool.js';
import type { Redactor } from '../../remote/redaction.js';
import { transferFailure } from '../../remote/transfer/failure.js';
import { followCommand, lastLinesCommand, printCommand, restCommand } from './commands.js';

/** A log on a node, and who reads it. */
export interface LogSource {
  readonly pool: ConnectionPool;
  readonly node: NodeSpec;
  /** Absolute, on the node. */
  readonly path: string;
  /** Where in it the output begins that is asked for. */
  readonly offset: number;
  readonly redactor: Redactor;
}

/**
 * The lines of a log as they are written.
 *
 * @param ended Resolves when nothing is written any more.
 */
export async function* followLines(
  source: LogSource,
  ended: Promise<unknown>,
  signal: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  const splitter = createLineSplitter();
  let { offset } = source;
  const isComplete = new AbortController();
  void ended.then(() => isComplete.abort());

  // `tail -f` does not know when to stop. It is stopped, and what it did not get to is read afterwards.
  for (const command of [followCommand, restCommand]) {
    const until = command === followCommand ? [signal, isComplete.signal] : [signal];
    for await (const chunk of readOutput(source, command(source.path, offset), until)) {
      offset += chunk.length;
      for (const line of splitter.push(chunk)) yield source.redactor.text(line);
    }
    if (signal.aborted) return;
  }
  for (const line of splitter.end()) yield source.redactor.text(line);
}

/** What a command prints, until one of the signals aborts. */
async function* readOutput(
  { pool, node }: LogSource,
  command: Command,
  until: readonly AbortSignal[],
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

/** The last lines of a log, oldest first; empty where there is none, or nobody can be asked. */
export async function readLastLines(source: LogSource, count: number): Promise<readonly string[]> {
  const { pool, node, path, offset, redactor } = source;
  const command = lastLinesCommand(path, offset, count);
  const printed = await pool.use(node, (connection) => connection.exec(command));
  if (!printed.ok) return [];
  const splitter = createLineSplitter();
  const lines = [...splitter.push(redactor.bytes(printed.value.stdout)), ...splitter.end()];
  return lines.slice(-count);
}

/**
 * Copies a whole log to a file here, its secrets masked. The file gets its name when it is complete.
 *
 * @param to Absolute, in a folder that exists.
 */
export async function saveLogFile(source: LogSource, to: string): Promise<Outcome<void>> {
  const { pool, node, path, redactor } = source;
  const part = `${to}.part`;
  const masked = redactor.stream();
  const written = pipeline(masked, createWriteStream(part)).then(
    () => null,
    (error: unknown) => error,
  );
  const printed = await pool.use(node, (connection) =>
    connection.exec(printCommand(path), { stdout: masked }),
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
  if (error !== null) return { ok: false, failure: transferFailure(error, node.name, path, to) };
  return { ok: false, failure: printFailure(printed.value, node, path, to) };
}

function isComplete(result: CommandResult): boolean {
  return result.termination === 'exited' && result.exitCode === 0;
}

function printFailure(result: CommandResult, node: NodeSpec, path: string, to: string) {
  const lost = result.termination === 'connection-lost';
  const why = 'reason' in result ? result.reason : result.stderr.toString().trim();
  return createFailure(
    lost ? 'connection_lost' : 'transfer',
    `could not copy ${path} to ${to}: ${why}`,
    {
      node: node.name,
    },
  );
}
