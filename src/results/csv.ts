import { LATENCIES, type LoadPoint, STATISTICS } from '../model/result.js';

/** The columns of `performance_results.csv`, in order: the fields of a load point. */
export const CSV_COLUMNS: readonly (keyof LoadPoint)[] = [
  'source',
  'label',
  'concurrency',
  'request_rate',
  'duration_s',
  'requests_completed',
  'requests_failed',
  'input_tokens',
  'output_tokens',
  'request_throughput',
  'output_token_throughput',
  'total_token_throughput',
  ...STATISTICS.flatMap((statistic) =>
    LATENCIES.map((latency) => `${statistic}_${latency}_ms` as const),
  ),
];

/** `performance_results.csv`, by RFC 4180: a row per load point under a header; what is not known is empty. */
export function renderCsv(points: readonly LoadPoint[]): string {
  const rows = [
    CSV_COLUMNS,
    ...points.map((point) => CSV_COLUMNS.map((column) => String(point[column] ?? ''))),
  ];
  return rows.map((row) => `${row.map(quote).join(',')}\r\n`).join('');
}

function quote(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
