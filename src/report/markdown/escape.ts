import { toPrintableLine } from '../text/printable.js';

/** Free text that must come out as it is: on one line, nothing in it taken for markup, in a table too. */
export function escapeText(text: string): string {
  return (
    oneLine(text)
      .replace(/[\\`*[\]<>|~#]/g, '\\$&')
      // Between letters an underscore is no markup, and names read better without a backslash.
      .replace(/(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, '\\_')
  );
}

/** A name as code: on one line, and fit for a table. */
export function code(text: string): string {
  const line = oneLine(text);
  if (line === '') return '';
  const fence = '`'.repeat(longestRun(line) + 1);
  const padding = line.startsWith('`') || line.endsWith('`') ? ' ' : '';
  // Tables split at a pipe even in code, and take the backslash away again.
  return `${fence}${padding}${line.replaceAll('|', '\\|')}${padding}${fence}`;
}

/** Lines of a program's output, whatever they hold. */
export function codeBlock(lines: readonly string[]): string {
  const printable = lines.map(toPrintableLine);
  const fence = '`'.repeat(Math.max(3, longestRun(printable.join('\n')) + 1));
  return [`${fence}text`, ...printable, fence].join('\n');
}

function oneLine(text: string): string {
  return toPrintableLine(text.replace(/\s*[\r\n]+\s*/g, ' '));
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
}
