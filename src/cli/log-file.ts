import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';

import type { StampedEvent } from '../model/event.js';
import { createPlainReporter } from '../report/reporters/plain.js';
import type { Reporter } from '../report/reporter.js';
import type { LogLevel } from './globals.js';

const KEPT_FILES = 50;
const KEPT_DAYS = 30;
const DAY_MS = 24 * 60 * 60 * 1000;
const NAME = /^playbook_\d{8}_\d{6}(-\d+)?\.log$/;

/**
 * Opens `logs/playbook_<run>.log`, a run's plain lines, and removes what is too old or too much.
 *
 * @param run The run's name: YYYYMMDD_HHMMSS.
 */
export async function openLogFile(
  root: string,
  run: string,
  level: LogLevel,
  now: number,
): Promise<Reporter> {
  const folder = path.join(root, 'logs');
  await mkdir(folder, { recursive: true });
  await rotate(folder, now);
  const stream = createWriteStream(path.join(folder, `playbook_${run}.log`));
  const plain = createPlainReporter(stream, { isVerbose: level === 'debug', width: 100 });
  return {
    on(event) {
      if (isWorth(event, level)) plain.on(event);
    },
    async close() {
      await plain.close();
      await new Promise<void>((resolve) => {
        stream.on('close', resolve);
        stream.end();
        if (stream.closed) resolve();
      });
    },
  };
}

function isWorth(event: StampedEvent, level: LogLevel): boolean {
  switch (level) {
    case 'debug':
    case 'info':
      return true;
    case 'warn':
      return event.type === 'warning' || hasWarnings(event) || isFailure(event);
    case 'error':
      return isFailure(event);
  }
}

function hasWarnings(event: StampedEvent): boolean {
  return (
    (event.type === 'node_checked' && event.warnings.length > 0) ||
    (event.type === 'hook_finished' && event.failure !== null)
  );
}

function isFailure(event: StampedEvent): boolean {
  return (
    event.type === 'service_failed' ||
    event.type === 'suite_finished' ||
    (event.type === 'node_checked' && event.status === 'failed') ||
    (event.type === 'hook_finished' && event.failure !== null && event.on_error === 'fail') ||
    (event.type === 'scenario_finished' && event.failure !== null)
  );
}

async function rotate(folder: string, now: number): Promise<void> {
  const logs = (await readdir(folder)).filter((name) => NAME.test(name)).sort();
  const tooMany = new Set(logs.slice(0, Math.max(0, logs.length - KEPT_FILES + 1)));
  for (const name of logs) {
    const file = path.join(folder, name);
    const isOld = now - (await stat(file)).mtimeMs > KEPT_DAYS * DAY_MS;
    if (isOld || tooMany.has(name)) await rm(file, { force: true });
  }
}
