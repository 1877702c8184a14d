import { createWriteStream } from 'node:fs';
import { PassThrough, type Transform, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import type { CommandResult } from '../model/command.js';
import { createFailure, type Failure } from '../model/failure.js';
import type { ScriptRecord } from '../model/result.js';
import type { Connection } from '../remote/connection.js';
import type { Redactor } from '../remote/redaction.js';
import { createOutputDisplay } from './output-display.js';

/** Between SIGTERM and SIGKILL for a script whose time is up. */
const GRACE_MS = 10_000;
const LAST_LINES = 20;

export type OutputStream = 'stdout' | 'stderr';

export interface ScriptRun {
  /** Relative to the working folder. */
  readonly script: string;
  /** Absolute, on the connection's machine. */
  readonly workingFolder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Files here that get the streams, byte for byte but for masked secrets. */
  readonly logs: Readonly<Record<OutputStream, string>>;
  readonly redactor: Redactor;
  /** Whole lines, each with its newline, for display. */
  readonly onOutput: (stream: OutputStream, text: string) => void;
  /** ms from any origin. */
  readonly now: () => number;
  readonly signal: AbortSignal;
}

export interface ScriptOutcome {
  readonly record: ScriptRecord;
  /** `null`: it exited with status 0, or it was cancelled by the signal, which is no failure of its own. */
  readonly failure: Failure | null;
}

/** Runs the test script to its end and keeps what it prints. Standard input is empty. */
export async function runScript(connection: Connection, run: ScriptRun): Promise<ScriptOutcome> {
  const stopped = new AbortController();
  const stop = () => stopped.abort();
  if (run.signal.aborted) stop();
  run.signal.addEventListener('abort', stop, { once: true });
  // A log that cannot be written is a lost result: better no script than one that nobody can read.
  const stdout = openLog(run, 'stdout', stop);
  const stderr = openLog(run, 'stderr', stop);
  try {
    const result = await connection.exec(
      { argv: [`./${run.script}`], cwd: run.workingFolder, env: run.env },
      {
        signal: stopped.signal,
        timeoutMs: run.timeoutMs,
        graceMs: GRACE_MS,
        stdout: stdout.sink,
        stderr: stderr.sink,
      },
    );
    const unwritable = (await stdout.close()) ?? (await stderr.close());
    const said = [stderr, stdout].map((log) => log.lastLines()).find(({ length }) => length > 0);
    const failure = unwritable ?? failureOf(result, run, connection.node, said ?? []);
    return { record: recordOf(result), failure };
  } finally {
    run.signal.removeEventListener('abort', stop);
    await Promise.all([stdout.close(), stderr.close()]);
  }
}

interface ScriptLog {
  readonly sink: Writable;
  readonly lastLines: () => readonly string[];
  /** Resolves once everything is in the file, with the failure that kept it from getting there. */
  readonly close: () => Promise<Failure | null>;
}

function openLog(run: ScriptRun, stream: OutputStream, onFailure: () => void): ScriptLog {
  const file = run.logs[stream];
  const display = createOutputDisplay(run.now, (text) => run.onOutput(stream, text));
  const sink: Transform = new PassThrough();
  const masked = run.redactor.stream();
  masked.on('data', (chunk: Buffer) => display.push(chunk));
  const written = pipeline(sink, masked, createWriteStream(file)).then(
    () => null,
    (error: unknown): Failure => {
      onFailure();
      const { code, message } = error as NodeJS.ErrnoException;
      const isFull = code === 'ENOSPC' || code === 'EDQUOT';
      return createFailure(
        isFull ? 'disk_full' : 'transfer',
        `the script's ${stream} could not be written to ${file}: ${message}`,
        { hint: isFull ? 'free space where the results are written' : null },
      );
    },
  );
  let closing: Promise<Failure | null> | undefined;
  return {
    sink,
    lastLines: () => display.lastLines(LAST_LINES),
    close: () => {
      closing ??= (async () => {
        sink.end();
        const failure = await written;
        display.end();
        return failure;
      })();
      return closing;
    },
  };
}

function recordOf(result: CommandResult): ScriptRecord {
  return {
    exit_code: result.termination === 'exited' ? result.exitCode : null,
    signal: result.termination === 'signalled' ? result.signal : null,
    timed_out: result.termination === 'timed-out',
    duration_s: Math.round(result.durationMs) / 1000,
  };
}

function failureOf(
  result: CommandResult,
  { script, timeoutMs }: ScriptRun,
  node: string,
  output: readonly string[],
): Failure | null {
  const details = { node, output };
  switch (result.termination) {
    case 'exited':
      return result.exitCode === 0
        ? null
        : createFailure(
            'script_failed',
            `${script} exited with status ${result.exitCode}`,
            details,
          );
    case 'signalled':
      return createFailure('script_killed', `${script} was killed by ${result.signal}`, details);
    case 'timed-out':
      return createFailure(
        'script_timed_out',
        `${script} did not end within ${timeoutMs / 1000} s`,
        { ...details, hint: 'give it longer with test_execution.timeout' },
      );
    case 'not-started':
      return createFailure('script_start', `${script} could not be started: ${result.reason}`, {
        ...details,
        hint: `is it executable, and does its first line name an interpreter? chmod +x ${script}`,
      });
    case 'connection-lost':
      return createFailure('connection_lost', `lost while ${script} ran: ${result.reason}`, {
        ...details,
        hint: 'the script is not run again: nobody knows how far it got',
      });
    case 'cancelled':
      return null;
  }
}
