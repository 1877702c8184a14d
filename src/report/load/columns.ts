import type { Latency, LoadPoint, Statistic } from '../../model/result.js';
import { formatFigure, groupThousands } from '../text/figure.js';

/** One column of a table of load points. */
export interface LoadColumn {
  /** With its unit. */
  readonly title: string;
  readonly align: 'left' | 'right';
  /** `null`: the source does not say. */
  readonly cell: (point: LoadPoint) => string | null;
}

/** The load that was offered, by whatever the source says of it. */
const OFFERED: readonly LoadColumn[] = [
  countColumn('concurrency', 'concurrency'),
  { title: 'rate (req/s)', align: 'right', cell: describeRate },
];

/** For sources that say nothing else of the load. */
const LABEL: LoadColumn = { title: 'label', align: 'left', cell: ({ label }) => label };

/** What was asked for and how much of it was served. */
export const THROUGHPUT: readonly LoadColumn[] = [
  countColumn('requests', 'requests_completed'),
  countColumn('failed', 'requests_failed'),
  figureColumn('duration (s)', 'duration_s'),
  figureColumn('req/s', 'request_throughput'),
  figureColumn('output tok/s', 'output_token_throughput'),
  figureColumn('total tok/s', 'total_token_throughput'),
];

/** How long the requests took. */
export const LATENCY: readonly LoadColumn[] = (['ttft', 'tpot', 'itl', 'e2e'] as const).flatMap(
  (latency) => (['mean', 'p50', 'p99'] as const).map((each) => latencyColumn(each, latency)),
);

/** The few that fit a terminal. */
export const ESSENTIAL: readonly LoadColumn[] = [
  countColumn('failed', 'requests_failed'),
  figureColumn('req/s', 'request_throughput'),
  figureColumn('tok/s', 'output_token_throughput'),
  latencyColumn('p50', 'ttft'),
  latencyColumn('p99', 'ttft'),
  latencyColumn('p50', 'tpot'),
];

/** The columns that tell one point from another. */
export function selectLoad(points: readonly LoadPoint[]): readonly LoadColumn[] {
  const offered = selectFilled(OFFERED, points);
  return offered.length > 0 ? offered : [LABEL];
}

/** Leaves out the columns that no point has a value for. */
export function selectFilled(
  columns: readonly LoadColumn[],
  points: readonly LoadPoint[],
): readonly LoadColumn[] {
  return columns.filter((column) => points.some((point) => column.cell(point) !== null));
}

/** `inf`, as fast as the concurrency allows, is no rate. */
function describeRate({ request_rate }: LoadPoint): string | null {
  return typeof request_rate === 'number' ? formatFigure(request_rate) : null;
}

type NumericKey = {
  [K in keyof LoadPoint]: LoadPoint[K] extends number | null ? K : never;
}[keyof LoadPoint];

function figureColumn(title: string, key: NumericKey): LoadColumn {
  return {
    title,
    align: 'right',
    cell: (point) => (point[key] === null ? null : formatFigure(point[key])),
  };
}

function countColumn(title: string, key: NumericKey): LoadColumn {
  return {
    title,
    align: 'right',
    cell: (point) => (point[key] === null ? null : groupThousands(point[key])),
  };
}

function latencyColumn(statistic: Statistic, latency: Latency): LoadColumn {
  return figureColumn(`${latency.toUpperCase()} ${statistic} (ms)`, `${statistic}_${latency}_ms`);
}
