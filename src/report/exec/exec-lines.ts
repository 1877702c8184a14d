import type { CommandResult } from '../../model/command.js';
import type { Failure } from '../../model/failure.js';
import { count } from '../text/count.js';
import { formatDuration } from '../text/duration.js';
import { type TextOptions, plainStyle } from '../text/style.js';
import { padTo } from '../text/width.js';

/** What came of a command on one node, as it is shown. */
export interface ExecRow {
  readonly node: string;
  readonly outcome:
    | { readonly ok: true; readonly result: CommandResult }
    | { readonly ok: false; readonly failure: Failure };
}

/** A line of a node's output: every line tells whose it is, as those of several nodes come at once. */
export function renderOutputLine(
  node: string,
  nameWidth: number,
  line: string,
  options: TextOptions = {},
): string {
  const { style = plainStyle } = options;
  return `${style.accent(padTo(node, nameWidth))} ${style.faint(style.signs.bar)} ${line}`;
}

/** How it went on one node. */
export function renderEnding(row: ExecRow, nameWidth: number, options: TextOptions = {}): string {
  const { style = plainStyle } = options;
  const sign = hasSucceeded(row) ? style.good(style.signs.done) : style.bad(style.signs.failed);
  const words = hasSucceeded(row) ? '' : ` ${describeEnding(row)}`;
  const time = row.outcome.ok
    ? style.faint(
        ` ${words === '' ? '' : 'after '}${formatDuration(row.outcome.result.durationMs)}`,
      )
    : '';
  return `${style.accent(padTo(row.node, nameWidth))} ${sign}${words}${time}`;
}

/** One line on all of them. */
export function renderExecSummary(rows: readonly ExecRow[], options: TextOptions = {}): string {
  const { style = plainStyle } = options;
  const failed = rows.filter((row) => !hasSucceeded(row));
  if (failed.length === 0) return style.good(`${count(rows.length, 'node')}, all succeeded`);
  const names = failed.map(({ node }) => node).join(', ');
  return style.bad(`${failed.length} of ${count(rows.length, 'node')} failed: ${names}`);
}

export function hasSucceeded({ outcome }: ExecRow): boolean {
  return outcome.ok && outcome.result.termination === 'exited' && outcome.result.exitCode === 0;
}

/** Whether it is the node, or the way there, and not the command that failed. */
export function isNodesFault({ outcome }: ExecRow): boolean {
  return !outcome.ok || outcome.result.termination === 'connection-lost';
}

/**
 * What came of a command, for programs.
 *
 * @param mask Takes secrets out of texts.
 */
export function documentAnswers(rows: readonly ExecRow[], mask: (text: string) => string) {
  return rows.map((row) => {
    const { node, outcome } = row;
    const result = outcome.ok ? outcome.result : null;
    return {
      node,
      succeeded: hasSucceeded(row),
      termination: result?.termination ?? 'unreachable',
      exit_code: result?.termination === 'exited' ? result.exitCode : null,
      signal: result?.termination === 'signalled' ? result.signal : null,
      stdout: mask(result?.stdout.toString('utf8') ?? ''),
      stderr: mask(result?.stderr.toString('utf8') ?? ''),
      duration_s: result === null ? null : Math.round(result.durationMs) / 1000,
      problem: hasSucceeded(row) ? null : mask(describeEnding(row)),
    };
  });
}

/** Why a node did not succeed, in words. */
function describeEnding({ outcome }: ExecRow): string {
  if (!outcome.ok) {
    const { message, hint } = outcome.failure;
    return hint === null ? message : `${message} (${hint})`;
  }
  const { result } = outcome;
  switch (result.termination) {
    case 'exited':
      return `exited with status ${result.exitCode}`;
    case 'signalled':
      return `was ended by ${result.signal}`;
    case 'timed-out':
      return 'took too long and was ended';
    case 'cancelled':
      return 'was ended';
    case 'connection-lost':
      return `the connection was lost: ${result.reason}`;
    case 'not-started':
      return result.reason;
  }
}
