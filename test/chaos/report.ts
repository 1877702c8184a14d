import Table from 'cli-table3';

import { FAULT_NAMES } from './faults/all.js';
import type { RoundResult } from './round.js';

/** One round, a line; with all that is known where something is wrong. */
export function renderRound(result: RoundResult): string {
  const { seed, fault, description, outcome, recovery, recoveryMs, durationMs } = result;
  const line = [
    result.violations.length === 0 ? 'ok ' : 'BAD',
    String(seed).padStart(10),
    fault.padEnd(9),
    `${description} -> ${outcome}; ${recovery} ${seconds(recoveryMs)}, in all ${seconds(durationMs)}`,
  ].join(' ');
  if (result.violations.length === 0) return line;
  return [
    line,
    ...result.violations.map((violation) => `    ${violation}`),
    result.evidence.replaceAll(/^/gm, '    | '),
    `    again: npm run chaos -- --seed ${seed} --runs 1 --only ${fault}`,
  ].join('\n');
}

/** All rounds by fault. */
export function renderTable(results: readonly RoundResult[]): string {
  const table = new Table({
    head: ['fault', 'runs', 'violations', 'recovery median', 'recovery max'],
    colAligns: ['left', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  });
  for (const fault of [...FAULT_NAMES, null]) {
    const of = fault === null ? results : results.filter((result) => result.fault === fault);
    if (of.length === 0) continue;
    const times = of.map(({ recoveryMs }) => recoveryMs).sort((a, b) => a - b);
    table.push([
      fault ?? 'all',
      of.length,
      of.filter(({ violations }) => violations.length > 0).length,
      seconds(times[Math.floor((times.length - 1) / 2)] ?? 0),
      seconds(times.at(-1) ?? 0),
    ]);
  }
  return table.toString();
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
