import { LATENCIES, type LoadPoint, STATISTICS } from '../../model/result.js';
import { type LoadColumn, selectFilled, selectLoad, THROUGHPUT } from './columns.js';
import { formatFigure } from '../text/figure.js';
import { plainStyle, type TextOptions } from '../text/style.js';
import { renderTable } from '../text/table.js';

/** Load points in full: a table of what was served, and one of how long it took. Empty where there is none. */
export function renderLoadTable(points: readonly LoadPoint[], options: TextOptions): string {
  if (points.length === 0) return '';
  return [renderThroughput(points, options), renderLatencies(points, options)]
    .filter((table) => table !== '')
    .join('\n\n');
}

function renderThroughput(points: readonly LoadPoint[], options: TextOptions): string {
  const { style = plainStyle } = options;
  const columns = [...selectLoad(points), ...selectFilled(THROUGHPUT, points)];
  return renderTable(
    columns.map(titled),
    points.map((point) => columns.map(({ cell }) => cell(point) ?? style.signs.none)),
    options,
  );
}

/** A line for each latency of each point: side by side they would be wider than any terminal. */
function renderLatencies(points: readonly LoadPoint[], options: TextOptions): string {
  const { style = plainStyle } = options;
  const loads = selectLoad(points);
  const rows = points.flatMap((point) => {
    const known = LATENCIES.filter((latency) =>
      STATISTICS.some((statistic) => point[`${statistic}_${latency}_ms`] !== null),
    );
    return known.map((latency, index) => [
      // Said once for all lines of a point.
      ...loads.map(({ cell }) => (index === 0 ? (cell(point) ?? style.signs.none) : '')),
      latency.toUpperCase(),
      ...STATISTICS.map((statistic) => {
        const value = point[`${statistic}_${latency}_ms`];
        return value === null ? style.signs.none : formatFigure(value);
      }),
    ]);
  });
  if (rows.length === 0) return '';
  return renderTable(
    [
      ...loads.map(titled),
      { title: 'latency (ms)' },
      ...STATISTICS.map((title) => ({ title, align: 'right' as const })),
    ],
    rows,
    options,
  );
}

function titled({ title, align }: LoadColumn): Pick<LoadColumn, 'title' | 'align'> {
  return { title, align };
}
