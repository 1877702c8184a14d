import { count } from './text/count.js';
import { toPrintableLine } from './text/printable.js';
import { plainStyle, type Style } from './text/style.js';

/** How a run continues an earlier one. */
export interface ResumeOverview {
  readonly resumed_from: string;
  readonly kept: readonly { readonly scenario: string; readonly kept_from: string }[];
  readonly rerun: readonly { readonly scenario: string; readonly reasons: readonly string[] }[];
  readonly left_out: readonly { readonly scenario: string; readonly reason: string }[];
}

/** More of them than this tell no more: one is enough to run again. */
const MOST_REASONS = 3;

/** What is kept, what runs again and why, a line for each scenario. */
export function describeResume(
  { resumed_from, kept, rerun, left_out }: ResumeOverview,
  style: Style = plainStyle,
): string[] {
  return [
    `continues run ${style.strong(resumed_from)}: ${count(kept.length, 'scenario')} kept, ${rerun.length} to run`,
    ...kept.map(({ scenario, kept_from }) => {
      const from = kept_from === resumed_from ? '' : ` from run ${kept_from}`;
      return `${style.strong(scenario)} is ${style.good('kept')}${from}: nothing that it stands on has changed`;
    }),
    ...rerun.map(({ scenario, reasons }) => `${style.strong(scenario)} runs: ${join(reasons)}`),
    ...left_out.map(
      ({ scenario, reason }) =>
        `${style.strong(scenario)} is ${style.caution('left out')}: ${toPrintableLine(reason)}`,
    ),
  ];
}

function join(reasons: readonly string[]): string {
  const shown = reasons.slice(0, MOST_REASONS).map(toPrintableLine).join('; ');
  const more = reasons.length - MOST_REASONS;
  return more > 0 ? `${shown}; and ${more} more` : shown;
}
