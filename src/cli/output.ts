import type { Writable } from 'node:stream';

import { Option } from 'commander';

import { onAbort } from '../async/abort.js';

const FORMATS = ['table', 'json', 'yaml'] as const;
export type Format = (typeof FORMATS)[number];

/** `--format table|json|yaml`, for every command that lists something. */
export function formatOption(choices: readonly string[] = FORMATS): Option {
  return new Option('--format <format>', 'how to print it').choices(choices).default(choices[0]);
}

/** Prints what was asked for. */
export function print(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

/** Prints a note about it. */
export function note(text: string): void {
  process.stderr.write(text.endsWith('\n') ? text : `${text}\n`);
}

/**
 * Waits for whoever reads a stream.
 *
 * @param signal Ends the wait: nobody is in time any more.
 * @returns Resolves once the stream takes more, or nobody reads it any more.
 */
export function drainOf(stream: Writable, signal: AbortSignal): () => Promise<void> {
  // One for all who wait: each would be a listener of its own.
  let draining: Promise<void> | null = null;
  return () => {
    if (!stream.writableNeedDrain || signal.aborted) return Promise.resolve();
    draining ??= new Promise<void>((resolve) => {
      const events = ['drain', 'error', 'close'] as const;
      const finish = () => {
        for (const event of events) stream.off(event, finish);
        forget();
        draining = null;
        resolve();
      };
      for (const event of events) stream.on(event, finish);
      const forget = onAbort(signal, finish);
    });
    return draining;
  };
}

/**
 * Prints a value in the format that was asked for.
 *
 * @param table Called only where a table was asked for.
 */
export async function printAs(format: Format, value: unknown, table: () => string): Promise<void> {
  switch (format) {
    case 'table':
      print(table());
      break;
    case 'json':
      print(JSON.stringify(value, null, 2));
      break;
    case 'yaml': {
      const { renderYaml } = await import('./yaml-output.js');
      print(renderYaml(value));
      break;
    }
  }
}
