import { createWriteStream } from 'node:fs';
import { rename, unlink } from 'node:fs/promises';
import { PassThrough, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { onAbort } from '../async/abort.js';
import type { Clock } from '../async/clock.js';
import { startIdleLimit } from '../async/deadline.js';
import type { Command, CommandResult } from '../model/command.js';
import { createFailure, type Failure, type FailureKind, type Outcome } from '../model/failure.js';
import type { NodeSpec } from '../model/node.js';
import type { ConnectionPool } from '../remote/pool/pool.js';
import type { Redactor } from '../remote/redaction.js';
import { transferFailure } from '../remote/transfer/failure.js';

/** Between SIGTERM and SIGKILL: a program that only prints has nothing to tidy up. */
const GRACE_MS = 1_000;

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
      connection.exec(command, { stdout, signal: stop.signal, graceMs: GRACE_MS }),
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

/** For the last lines of a log: they are told beside a failure, which must not wait for them. */
export const LAST_LINES_MS = 15_000;
/**
 * A log may be as long as it wants, as long as it comes. Who sends nothing for so long hangs: docker needs seconds to find
 * the beginning of a big log, and a disk that wakes up does not need more.
 */
const SILENCE_MS = 60_000;

/** What is printed, and where it goes. */
export interface SaveOptions {
  readonly pool: ConnectionPool;
  readonly node: NodeSpec;
  readonly command: Command;
  readonly redactor: Redactor;
  readonly clock: Clock;
  /** What is printed, for the message of a failure. */
  readonly what: string;
  /** Absolute, in a folder that exists. */
  readonly to: string;
  readonly signal: AbortSignal;
}

/**
 * Writes what a command prints on standard output to a file here, secrets masked. The file gets its name when it is
 * complete: when the command has exited with status 0. A command that falls silent is ended.
 */
export async function saveOutput(options: SaveOptions): Promise<Outcome<void>> {
  const { pool, node, command, redactor, clock, what, to, signal } = options;
  const part = `${to}.part`;
  const limit = startIdleLimit(clock, SILENCE_MS, signal);
  const raw = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      limit.touch();
      done(null, chunk);
    },
  });
  const written = pipeline(raw, redactor.stream(), createWriteStream(part)).then(
    () => null,
    (error: unknown) => error,
  );
  const printed = await pool.use(
    node,
    (connection) =>
      connection.exec(command, { stdout: raw, signal: limit.signal, graceMs: GRACE_MS }),
    { signal: limit.signal },
  );
  limit.clear();
  if (printed.ok && !limit.signal.aborted) raw.end();
  else raw.destroy();
  const error = await written;

  if (printed.ok && error === null && isComplete(printed.value)) {
    await rename(part, to);
    return { ok: true, value: undefined };
  }
  // Tidying up must not hide what went wrong.
  await unlink(part).catch(() => undefined);
  if (limit.signal.aborted) {
    const why = limit.expired() ? `nothing came for ${SILENCE_MS / 1000} s` : 'it was given up';
    return { ok: false, failure: notCopied(options, why) };
  }
  if (!printed.ok) return printed;
  if (error !== null) return { ok: false, failure: transferFailure(error, node.name, what, to) };
  return { ok: false, failure: printFailure(printed.value, options) };
}

function isComplete(result: CommandResult): boolean {
  return result.termination === 'exited' && result.exitCode === 0;
}

function printFailure(result: CommandResult, options: SaveOptions): Failure {
  const isLost = result.termination === 'connection-lost';
  const why = 'reason' in result ? result.reason : result.stderr.toString().trim();
  return notCopied(options, why, isLost ? 'connection_lost' : 'transfer');
}

function notCopied({ node, what, to }: SaveOptions, why: string, kind: FailureKind = 'transfer') {
  const message = `could not copy ${what} to ${to}${why === '' ? '' : `: ${why}`}`;
  return createFailure(kind, message, { node: node.name });
}
