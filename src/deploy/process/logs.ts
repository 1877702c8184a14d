import type { Clock } from '../../async/clock.js';
import type { Outcome } from '../../model/failure.js';
import type { NodeSpec } from '../../model/node.js';
import { createLineSplitter } from '../../remote/lines.js';
import type { ConnectionPool } from '../../remote/pool/pool.js';
import type { Redactor } from '../../remote/redaction.js';
import { LAST_LINES_MS, readOutput, saveOutput } from '../command-output.js';
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
  readonly clock: Clock;
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
  const { pool, node, path } = source;
  let { offset } = source;
  const isComplete = new AbortController();
  void ended.then(() => isComplete.abort());

  // `tail -f` does not know when to stop. It is stopped, and what it did not get to is read afterwards.
  for (const command of [followCommand, restCommand]) {
    const until = command === followCommand ? [signal, isComplete.signal] : [signal];
    for await (const chunk of readOutput(pool, node, command(path, offset), ...until)) {
      offset += chunk.length;
      for (const line of splitter.push(chunk)) yield source.redactor.text(line);
    }
    if (signal.aborted) return;
  }
  for (const line of splitter.end()) yield source.redactor.text(line);
}

/** The last lines of a log, oldest first; empty where there is none, or nobody tells them in good time. */
export async function readLastLines(source: LogSource, count: number): Promise<readonly string[]> {
  const { pool, node, path, offset, redactor } = source;
  const command = lastLinesCommand(path, offset, count);
  const printed = await pool.use(node, (connection) =>
    connection.exec(command, { timeoutMs: LAST_LINES_MS }),
  );
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
export async function saveLogFile(
  source: LogSource,
  to: string,
  signal: AbortSignal,
): Promise<Outcome<void>> {
  const { path } = source;
  return saveOutput({ ...source, command: printCommand(path), what: path, to, signal });
}
