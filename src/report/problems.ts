import type { Problem } from '../model/problem.js';
import { count } from './text/count.js';
import { toPrintableLine } from './text/printable.js';
import { displayWidth } from './text/width.js';
import { plainStyle, type Style, type TextOptions } from './text/style.js';

export interface ProblemOptions extends TextOptions {
  /** The text of a line of one of the files, for the excerpt under a problem; `undefined`: no excerpt. */
  readonly sourceLine?: (file: string, line: number) => string | undefined;
}

/** What `validate --format json` prints. */
export interface ValidationReport {
  readonly valid: boolean;
  readonly problems: readonly Problem[];
}

/** Warnings alone leave a project valid. */
export function problemsJson(problems: readonly Problem[]): ValidationReport {
  return {
    valid: !problems.some((problem) => problem.severity === 'error'),
    problems: problems.map(({ severity, file, line, column, path, message, hint }) => ({
      severity,
      file,
      line,
      column,
      path,
      message,
      hint,
    })),
  };
}

/** All problems with an excerpt of the file each, and their count at the end. Empty where there are none. */
export function renderProblems(problems: readonly Problem[], options: ProblemOptions = {}): string {
  if (problems.length === 0) return '';
  const blocks = problems.map((problem) => renderProblem(problem, options).join('\n'));
  return [...blocks, countProblems(problems, options.style ?? plainStyle)].join('\n\n');
}

/** The same in a line, for those who tell of it among other things. */
export function summarizeProblem({ file, line, path, message, hint }: Problem): string {
  const about = path === '' ? '' : ` ${path}:`;
  return `${file}:${line}:${about} ${message}${hint === '' ? '' : ` (${hint})`}`;
}

function renderProblem(
  problem: Problem,
  { style = plainStyle, sourceLine }: ProblemOptions,
): string[] {
  const severity = problem.severity === 'error' ? style.bad('error') : style.caution('warning');
  const place = style.strong(`${problem.file}:${problem.line}:${problem.column}`);
  const path = problem.path === '' ? '' : ` ${problem.path}:`;
  const lines = [`${place} ${severity}${path} ${toPrintableLine(problem.message)}`];
  const source = sourceLine?.(problem.file, problem.line);
  if (source !== undefined) lines.push(...renderExcerpt(problem, source, style));
  if (problem.hint !== '') {
    lines.push(style.accent(`  ${style.signs.hint} ${toPrintableLine(problem.hint)}`));
  }
  return lines;
}

/** Longer lines are cut around the column: nobody reads a minified file in a terminal. */
const WINDOW = 100;

function renderExcerpt(problem: Problem, source: string, style: Style): string[] {
  const start = Math.max(0, problem.column - 1 - WINDOW / 2);
  const before = toPrintableLine(source.slice(start, problem.column - 1));
  const after = toPrintableLine(source.slice(problem.column - 1, start + WINDOW));
  const number = String(problem.line);
  const gutter = ' '.repeat(number.length);
  return [
    style.faint(`  ${number} ${style.signs.bar} `) + before + after,
    style.faint(`  ${gutter} ${style.signs.bar} `) +
      ' '.repeat(displayWidth(before)) +
      style.bad('^'),
  ];
}

function countProblems(problems: readonly Problem[], style: Style): string {
  const errors = problems.filter((problem) => problem.severity === 'error').length;
  const warnings = problems.length - errors;
  const files = new Set(problems.map((problem) => problem.file)).size;
  const counts = [
    errors > 0 ? style.bad(count(errors, 'error')) : '',
    warnings > 0 ? style.caution(count(warnings, 'warning')) : '',
  ].filter((part) => part !== '');
  return `${counts.join(' and ')} in ${count(files, 'file')}`;
}
