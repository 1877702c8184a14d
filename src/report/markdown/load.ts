import type { LoadPoint } from '../../model/result.js';
import { LATENCY, type LoadColumn, THROUGHPUT, selectFilled, selectLoad } from '../load/columns.js';
import { escapeText } from './escape.js';
import { renderMarkdownTable } from './table.js';

/** What was measured: throughput and latency of every load point, with the columns that the source has values for. */
export function renderLoadTables(points: readonly LoadPoint[]): string {
  if (points.length === 0) return '';
  const latency = selectFilled(LATENCY, points);
  const tables = [renderLoadTable(points, selectFilled(THROUGHPUT, points))];
  if (latency.length > 0) tables.push(renderLoadTable(points, latency));
  return tables.join('\n\n');
}

function renderLoadTable(points: readonly LoadPoint[], columns: readonly LoadColumn[]): string {
  const all = [...selectLoad(points), ...columns];
  return renderMarkdownTable(
    all.map(({ title, align }) => ({ title, align })),
    points.map((point) => all.map(({ cell }) => escapeText(cell(point) ?? '–'))),
  );
}
