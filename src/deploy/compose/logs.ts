import type { Clock } from '../../async/clock.js';
import { createLineSplitter } from '../../remote/lines.js';
import type { ConnectionPool } from '../../remote/pool/pool.js';
import type { Redactor } from '../../remote/redaction.js';
import type { Outcome } from '../../model/failure.js';
import type { RunningService } from '../backend.js';
import { LAST_LINES_MS, readOutput, saveOutput } from '../command-output.js';
import { followLogCommand, lastLinesCommand, wholeLogCommand } from './commands.js';

/** The lines of a service's log as they are written, until its containers have ended. */
export async function* followLines(
  pool: ConnectionPool,
  { deployment, service }: RunningService,
  redactor: Redactor,
  signal: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  const splitter = createLineSplitter();
  const command = followLogCommand(deployment, service);
  for await (const chunk of readOutput(pool, deployment.node, command, signal)) {
    for (const line of splitter.push(chunk)) yield redactor.text(line);
  }
  if (signal.aborted) return;
  for (const line of splitter.end()) yield redactor.text(line);
}

/** The last lines of a log, oldest first; empty where there is none, or nobody tells them in good time. */
export async function readLastLines(
  pool: ConnectionPool,
  { deployment, service }: RunningService,
  redactor: Redactor,
  count: number,
): Promise<readonly string[]> {
  const command = lastLinesCommand(deployment, service, count);
  const printed = await pool.use(deployment.node, (connection) =>
    connection.exec(command, { timeoutMs: LAST_LINES_MS }),
  );
  if (!printed.ok) return [];
  const splitter = createLineSplitter();
  const lines = [...splitter.push(redactor.bytes(printed.value.stdout)), ...splitter.end()];
  return lines.slice(-count);
}

/** Copies a whole log to a file here, each line with the time at which docker got it. */
export async function saveLogFile(
  pool: ConnectionPool,
  { deployment, service }: RunningService,
  redactor: Redactor,
  clock: Clock,
  to: string,
  signal: AbortSignal,
): Promise<Outcome<void>> {
  const { node } = deployment;
  const command = wholeLogCommand(deployment, service);
  const what = `the log of ${service.id}`;
  return saveOutput({ pool, node, command, redactor, clock, what, to, signal });
}
