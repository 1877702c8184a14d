import { CONTROLLER } from '../model/node.js';
import type { FailureRecord } from '../model/result.js';
import type { SourceLocation } from '../model/source.js';
import { toPrintableLine } from './text/printable.js';
import { plainStyle, type TextOptions } from './text/style.js';

/** A failure as files, events or the program itself hold it: the two fit the same text. */
export interface ReadableFailure extends FailureRecord {
  readonly source?: SourceLocation | null;
  readonly cause?: ReadableFailure | null;
}

export interface FailureOptions extends TextOptions {
  /** How many of the culprit's last lines are shown at most. Default 10, all when verbose. */
  readonly outputLines?: number;
  /** Adds the kind, the place in the files and the failures behind it. */
  readonly isVerbose?: boolean;
}

/** Where it happened: `p-1 on node1`, `node1`, or nothing. */
export function describePlace(place: {
  readonly node: string | null;
  readonly service: string | null;
}): string {
  // This machine is where everything happens that is not said to happen elsewhere.
  if (place.service === null) return place.node === CONTROLLER ? '' : (place.node ?? '');
  // The id of an instance already ends in its node.
  if (place.node === null || place.service.endsWith(`@${place.node}`)) return place.service;
  return `${place.service} on ${place.node}`;
}

/** What happened and where, in one line without colours. */
export function summarizeFailure(failure: FailureRecord): string {
  const place = describePlace(failure);
  const message = toPrintableLine(failure.message.replaceAll('\n', ' '));
  return place === '' ? message : `${place}: ${message}`;
}

/** A failure as a person reads it, in lines: what and where, the culprit's last lines, what to do. */
export function renderFailure(failure: ReadableFailure, options: FailureOptions = {}): string[] {
  const { style = plainStyle, isVerbose = false } = options;
  const shown = options.outputLines ?? (isVerbose ? Infinity : 10);
  const output = shown > 0 ? failure.output.slice(-shown) : [];
  const lines = [
    summarizeFailure(failure),
    ...output.map((line) => style.faint(`  ${style.signs.bar} ${toPrintableLine(line)}`)),
  ];
  if (failure.hint !== null) lines.push(style.accent(`  ${style.signs.hint} ${failure.hint}`));
  if (!isVerbose) return lines;

  lines.push(style.faint(`  kind: ${failure.kind}`));
  if (failure.source) {
    const { file, line, column } = failure.source;
    lines.push(style.faint(`  at ${file}:${line}:${column}`));
  }
  if (failure.cause) {
    const [first = '', ...rest] = renderFailure(failure.cause, options);
    lines.push(`  because ${first}`, ...rest.map((line) => `  ${line}`));
  }
  return lines;
}
