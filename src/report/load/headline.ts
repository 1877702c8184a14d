import type { LoadPoint } from '../../model/result.js';
import { count } from '../text/count.js';
import { formatFigure } from '../text/figure.js';

/**
 * What the load points of a scenario say, in one line: the main figures of a single one, the peak of several. Empty
 * where there are none.
 */
export function summarizeLoad(points: readonly LoadPoint[]): string {
  const [first] = points;
  if (!first) return '';
  if (points.length === 1) return describePoint(first);

  const amount = count(points.length, 'load point');
  // Tokens tell more than requests, which differ in size.
  const peak =
    findPeak(points, 'output_token_throughput') ?? findPeak(points, 'request_throughput');
  if (!peak) return amount;
  const load = describeLoad(peak);
  return `${amount}, best ${describeThroughput(peak)}${load === '' ? '' : ` at ${load}`}`;
}

/** The load that was offered: `concurrency 32`, `5.00 req/s`, or the label where the source says neither. */
function describeLoad(point: LoadPoint): string {
  if (typeof point.request_rate === 'number') return `${formatFigure(point.request_rate)} req/s`;
  if (point.concurrency !== null) return `concurrency ${point.concurrency}`;
  return point.label;
}

function findPeak(
  points: readonly LoadPoint[],
  figure: 'output_token_throughput' | 'request_throughput',
): LoadPoint | null {
  let peak: LoadPoint | null = null;
  for (const point of points) {
    if (point[figure] !== null && point[figure] > (peak?.[figure] ?? -1)) peak = point;
  }
  return peak;
}

function describePoint(point: LoadPoint): string {
  const parts = [describeThroughput(point)];
  if (point.p50_ttft_ms !== null) parts.push(`TTFT p50 ${formatFigure(point.p50_ttft_ms)} ms`);
  if (point.p50_tpot_ms !== null) parts.push(`TPOT p50 ${formatFigure(point.p50_tpot_ms)} ms`);
  if (point.requests_failed) parts.push(`${count(point.requests_failed, 'request')} failed`);
  return parts.filter((part) => part !== '').join(', ') || '1 load point';
}

function describeThroughput(point: LoadPoint): string {
  if (point.output_token_throughput !== null) {
    return `${formatFigure(point.output_token_throughput)} tok/s`;
  }
  return point.request_throughput === null ? '' : `${formatFigure(point.request_throughput)} req/s`;
}
