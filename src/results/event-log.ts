import { type FileHandle, open } from 'node:fs/promises';

import type { StampedEvent } from '../model/event.js';
import type { Failure, Outcome } from '../model/failure.js';
import { fileFailure } from './files/file-failure.js';

/** `events.ndjson` while it is written: a reporter like any other. */
export interface EventLog {
  /** Never throws and never waits. */
  on(event: StampedEvent): void;
  /** Resolves once everything is on the disk. Safe to call twice. */
  close(): Promise<void>;
  /** Why the rest of the events is missing; `null` as long as none is. */
  failure(): Failure | null;
}

export interface EventLogOptions {
  /** Bytes of script output that are kept of each try of a scenario. Default 4 MiB. */
  readonly outputLimit?: number;
}

const OUTPUT_LIMIT = 4 * 1024 * 1024;

/**
 * Opens a log of events, a line of JSON each. Lines are appended whole and in order, and reach the disk at the end of
 * every phase, so that a run that is killed leaves a readable log, of which at most the last line is torn. Of script
 * output only the beginning is kept: the script's own logs have it all.
 *
 * @param file Absolute.
 */
export async function openEventLog(
  file: string,
  { outputLimit = OUTPUT_LIMIT }: EventLogOptions = {},
): Promise<Outcome<EventLog>> {
  try {
    return { ok: true, value: startLog(await open(file, 'a'), file, outputLimit) };
  } catch (error) {
    return { ok: false, failure: fileFailure(error, `could not write ${file}`) };
  }
}

function startLog(handle: FileHandle, file: string, outputLimit: number): EventLog {
  const budget = createOutputBudget(outputLimit);
  let waiting: string[] = [];
  let isSyncDue = false;
  let failed: Failure | null = null;
  let writing: Promise<void> | null = null;
  let closed: Promise<void> | null = null;

  const writeOut = async () => {
    try {
      while (waiting.length > 0) {
        const lines = waiting.join('');
        const isSync = isSyncDue;
        waiting = [];
        isSyncDue = false;
        await handle.appendFile(lines);
        if (isSync) await handle.datasync();
      }
    } catch (error) {
      failed = fileFailure(error, `could not write ${file}`);
      waiting = [];
    }
    writing = null;
  };
  const finish = async () => {
    while (writing) await writing;
    try {
      if (!failed) await handle.datasync();
    } catch (error) {
      failed = fileFailure(error, `could not write ${file}`);
    } finally {
      await handle.close();
    }
  };

  return {
    on(event) {
      if (failed || closed) return;
      const admitted = budget.admit(event);
      if (admitted === null) return;
      waiting.push(`${JSON.stringify(admitted)}\n`);
      isSyncDue ||= MILESTONES.has(event.type);
      writing ??= writeOut();
    },
    close: () => (closed ??= finish()),
    failure: () => failed,
  };
}

const MILESTONES: ReadonlySet<StampedEvent['type']> = new Set([
  'suite_started',
  'scenario_started',
  'phase_started',
  'phase_finished',
  'scenario_finished',
  'suite_finished',
]);

/** Keeps a chatty script from filling the log. */
interface OutputBudget {
  /** The event itself; a warning in place of the first that is too much; `null` for those after it. */
  admit(event: StampedEvent): StampedEvent | null;
}

function createOutputBudget(limit: number): OutputBudget {
  let used = 0;
  let isSpent = false;
  return {
    admit(event) {
      if (event.type === 'scenario_started') {
        used = 0;
        isSpent = false;
      }
      if (event.type !== 'script_output') return event;
      if (isSpent) return null;
      used += Buffer.byteLength(event.text);
      if (used <= limit) return event;
      isSpent = true;
      return {
        at: event.at,
        type: 'warning',
        scenario: event.scenario,
        message:
          'the rest of the script’s output is left out of this log; ' +
          'test_artifacts/test_stdout.log and test_stderr.log have it all',
      };
    },
  };
}
