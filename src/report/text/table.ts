import Table from 'cli-table3';

import { plainStyle, type TextOptions } from './style.js';
import { displayWidth } from './width.js';

export interface Column {
  readonly title: string;
  /** Numbers stand at the right, and are never wrapped. Default: left. */
  readonly align?: 'left' | 'right';
}

const GAP = '  ';
/** A column is never made narrower than this to fit, however narrow the terminal. */
const NARROWEST = 8;

const NO_LINES = Object.fromEntries(
  ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right']
    .concat(['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'])
    .map((name) => [name, '']),
);

/**
 * A table without lines, its columns as wide as their content. Where it would be wider than the terminal, the widest
 * columns are wrapped between words.
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { style = plainStyle, width = 80 }: TextOptions = {},
): string {
  const table = new Table({
    chars: { ...NO_LINES, middle: GAP },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colAligns: columns.map((column) => column.align ?? 'left'),
    colWidths: fitWidths(measure(columns, rows), width),
    wordWrap: true,
  });
  table.push(columns.map((column) => style.faint(column.title)));
  for (const row of rows) table.push([...row]);
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

interface Widths {
  /** The longest line. */
  readonly natural: readonly number[];
  /** The longest word: narrower than this and something is cut off. */
  readonly unbroken: readonly number[];
}

function measure(columns: readonly Column[], rows: readonly (readonly string[])[]): Widths {
  const cells = columns.map((column, index) => [
    column.title,
    ...rows.map((row) => row[index] ?? ''),
  ]);
  const widest = (parts: readonly string[]) =>
    parts.reduce((width, part) => Math.max(width, displayWidth(part)), 1);
  return {
    natural: cells.map((column) => widest(column.flatMap((cell) => cell.split('\n')))),
    unbroken: cells.map(([title = '', ...column], index) => {
      const isWhole = columns[index]?.align === 'right';
      const words = isWhole ? column : column.flatMap((cell) => cell.split(/\s+/));
      return widest([...title.split(/\s+/), ...words]);
    }),
  };
}

function fitWidths({ natural, unbroken }: Widths, width: number): number[] {
  const gaps = GAP.length * (natural.length - 1);
  const wrapped = shrink(natural, unbroken, width - gaps);
  return shrink(
    wrapped,
    natural.map(() => NARROWEST),
    width - gaps,
  );
}

/** Takes from the widest columns, a column at a time and none below its floor, until the sum fits. */
function shrink(widths: readonly number[], floors: readonly number[], sum: number): number[] {
  const fitted = [...widths];
  let excess = fitted.reduce((total, each) => total + each, 0) - sum;
  for (; excess > 0; excess -= 1) {
    const slack = fitted.map((each, index) => (each > (floors[index] ?? 0) ? each : 0));
    const widest = Math.max(...slack);
    if (widest === 0) break;
    fitted[slack.lastIndexOf(widest)] = widest - 1;
  }
  return fitted;
}
