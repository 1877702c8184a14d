import { renderTable } from './text/table.js';
import { toPrintableLine } from './text/printable.js';
import { plainStyle, type TextOptions } from './text/style.js';

/** One effective value, and where it was written. */
export interface ExplainedRow {
  readonly key: string;
  readonly value: unknown;
  readonly layer: string;
  /** `null` for what is built in. */
  readonly file: string | null;
  readonly line: number | null;
}

/** What `config explain` prints. */
export function renderExplanation(
  rows: readonly ExplainedRow[],
  options: TextOptions = {},
): string {
  const { style = plainStyle } = options;
  return renderTable(
    [{ title: 'KEY' }, { title: 'VALUE' }, { title: 'LAYER' }, { title: 'WHERE' }],
    rows.map(({ key, value, layer, file, line }) => [
      style.strong(key),
      toPrintableLine(typeof value === 'string' ? value : JSON.stringify(value)),
      layer,
      file === null ? style.faint(style.signs.none) : `${file}:${line ?? 1}`,
    ]),
    options,
  );
}
