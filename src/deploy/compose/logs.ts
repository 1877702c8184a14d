import { OVER, onAbort } from '../../async/abort.js';
import type { Clock } from '../../async/clock.js';
import { createLineSplitter } from '../../remote/lines.js';
import type { ConnectionPool } from '../../remote/pool/pool.js';
import type { Redactor } from '../../remote/redaction.js';
import type { Outcome } from '../../model/failure.js';
import type { RunningService } from '../backend.js';
import { LAST_LINES_MS, readOutput, saveOutput } from '../command-output.js';
import { followLogCommand, lastLinesCommand, wholeLogCommand } from './commands.js';
import type { History } from './watch/history.js';

/** Before following again: the end of a container is told after that of its log, and a broken stream may break again. */
const PAUSE_MS = 1_000;

export interface FollowOptions {
  readonly pool: ConnectionPool;
  readonly clock: Clock;
  readonly redactor: Redactor;
  /** What happens to the service: asked for when its log seems to be over. */
  readonly history: () => Promise<History>;
}

/**
 * The lines of a service's log as they are written, until its containers have ended. Where docker stops telling them
 * before that (the connection was lost, the daemon started anew), it is asked again.
 */
export async function* followLines(
  { pool, clock, redactor, history }: FollowOptions,
  { deployment, service }: RunningService,
  signal: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  const command = followLogCommand(deployment, service);
  let told = 0;
  let toSkip = 0;
  let isLastLook = false;
  for (;;) {
    const splitter = createLineSplitter();
    const unseen = (lines: readonly string[]) => {
      const rest = lines.slice(toSkip);
      toSkip -= lines.length - rest.length;
      told += rest.length;
      return rest;
    };
    for await (const chunk of readOutput(pool, deployment.node, command, signal)) {
      for (const line of unseen(splitter.push(chunk))) yield redactor.text(line);
    }
    if (signal.aborted) return;
    const { containers, ended, hasEnded } = await history();
    if (!(await sleepUntil(clock, PAUSE_MS, ended, signal))) return;
    // The lines of several containers come in another order each time: better twice than never.
    const canSkip = containers.length === 1;
    // Docker may stop following before the very last words, once a container has ended: it is asked for them, too.
    if (hasEnded() && (isLastLook || !canSkip)) {
      for (const line of unseen(splitter.end())) yield redactor.text(line);
      return;
    }
    isLastLook = hasEnded();
    toSkip = canSkip ? told : 0;
  }
}

/** Sleeps, but not longer than until something is over. `false`: the signal has aborted. */
async function sleepUntil(
  clock: Clock,
  ms: number,
  over: Promise<unknown>,
  signal: AbortSignal,
): Promise<boolean> {
  const wake = new AbortController();
  const forget = onAbort(signal, () => wake.abort(OVER));
  void over.then(() => wake.abort(OVER));
  await clock.sleep(ms, wake.signal);
  forget();
  return !signal.aborted;
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
