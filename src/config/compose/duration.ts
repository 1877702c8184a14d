import type { Report } from '../problem-log.js';
import { describe } from '../yaml/tree.js';
import { fail, type Placed } from './reader.js';

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
const DURATION = /^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h|d|w))+$/;
const PART = /(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d|w)/g;

/** Reads a duration as compose writes it: numbers with units, `1m30s`. In ms; a problem for anything else. */
export function readDuration(report: Report, value: Placed): number | undefined {
  const { node } = value;
  const text = node.kind === 'scalar' ? node.source.trim() : '';
  if (text === '0') return 0;
  if (DURATION.test(text)) {
    let total = 0;
    for (const [, number, unit] of text.matchAll(PART)) {
      total += Number(number) * (UNIT_MS[unit ?? ''] ?? NaN);
    }
    return total;
  }
  const isBareNumber = /^\d+(?:\.\d+)?$/.test(text);
  fail(
    report,
    value,
    `must be a duration such as 500ms, 30s or 1m30s; got ${describe(node)}`,
    isBareNumber ? `write ${text}s` : '',
  );
  return undefined;
}
