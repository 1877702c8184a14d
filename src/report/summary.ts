import type { StampedEvent, SuiteFinished } from '../model/event.js';
import type { FailureRecord, LoadPoint, ScenarioOutcome, WarningRecord } from '../model/result.js';
import { renderFailure } from './failure.js';
import { describeWarning } from './warning.js';
import { ESSENTIAL, selectFilled, selectLoad } from './load/columns.js';
import { count } from './text/count.js';
import { renderTable } from './text/table.js';
import { formatSeconds } from './text/duration.js';
import { toPrintableLine } from './text/printable.js';
import { renderStatus, renderStatusSign, type RunStatus } from './text/status.js';
import { plainStyle, type Style, type TextOptions } from './text/style.js';

/** A run as it is shown when it is over. */
export interface SuiteOverview {
  readonly run: string;
  readonly status: RunStatus;
  /** `null`: it ended without one. */
  readonly exit_code: number | null;
  readonly duration_s: number | null;
  readonly results_path: string;
  /** The runs before and after it in a chain of continuations. */
  readonly resumed_from?: string | null;
  readonly resumed_by?: string | null;
  /** What went wrong with the run itself, and with none of its scenarios. */
  readonly failure?: FailureRecord | null;
  readonly scenarios: readonly ScenarioOverview[];
  readonly warnings: readonly WarningRecord[];
}

export interface ScenarioOverview extends Omit<
  ScenarioOutcome,
  'status' | 'duration_s' | 'kept_from'
> {
  readonly status: RunStatus;
  readonly duration_s: number | null;
  readonly kept_from?: string | null;
  readonly metrics: readonly LoadPoint[];
}

export interface SummaryOptions extends TextOptions {
  readonly isVerbose?: boolean;
}

/** More rows than fit a screen help nobody: the CSV files have them all. */
const MOST_LOAD_POINTS = 40;
const MOST_WARNINGS = 10;

/** How a run went: every scenario in a line, what was measured, what failed and why, where the files are. */
export function renderSummary(overview: SuiteOverview, options: SummaryOptions = {}): string {
  const { style = plainStyle } = options;
  const sections = [
    renderVerdict(overview, style),
    renderRunFailure(overview, options),
    renderOutcomes(overview, options),
    renderLoadPoints(overview, options),
    ...overview.scenarios.map((scenario) => renderScenarioFailure(scenario, options)),
    renderWarnings(overview, options),
    `Results: ${style.accent(overview.results_path)}`,
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function renderVerdict(overview: SuiteOverview, style: Style): string {
  const took = overview.duration_s === null ? '' : ` after ${formatSeconds(overview.duration_s)}`;
  const code = overview.exit_code === null ? '' : ` (exit code ${overview.exit_code})`;
  const status = style.strong(renderStatus(overview.status, style));
  const verdict = `${renderStatusSign(overview.status, style)} Run ${overview.run}: ${status}${took}${code}`;
  const { resumed_from: from, resumed_by: by } = overview;
  return [
    verdict,
    ...(from == null ? [] : [style.faint(`  continues run ${from}`)]),
    ...(by == null ? [] : [style.faint(`  continued by run ${by}`)]),
  ].join('\n');
}

function renderRunFailure(
  { status, failure = null }: SuiteOverview,
  { style = plainStyle, isVerbose = false }: SummaryOptions,
): string {
  if (failure === null) return '';
  const [first = '', ...rest] = renderFailure(failure, { style, isVerbose });
  return [`${renderStatusSign(status, style)} ${first}`, ...rest].join('\n');
}

function renderOutcomes({ scenarios }: SuiteOverview, options: SummaryOptions): string {
  if (scenarios.length === 0) return '';
  const { style = plainStyle } = options;
  return renderTable(
    [
      { title: '' },
      { title: 'SCENARIO' },
      { title: 'STATUS' },
      { title: 'TOOK', align: 'right' },
      { title: '' },
    ],
    scenarios.map((scenario) => [
      renderStatusSign(scenario.status, style),
      style.strong(scenario.name),
      renderStatus(scenario.status, style),
      scenario.duration_s === null || scenario.status === 'skipped'
        ? style.faint(style.signs.none)
        : formatSeconds(scenario.duration_s),
      describeOutcome(scenario),
    ]),
    options,
  );
}

/** The rest of a scenario's line: how often it was tried, why it was skipped, where it is from. */
function describeOutcome(scenario: ScenarioOverview): string {
  const parts: string[] = [];
  if (scenario.attempts > 1) parts.push(`attempt ${scenario.attempts}`);
  // Where there is more to say it is said below.
  if (scenario.reason !== null && scenario.failure === null)
    parts.push(toPrintableLine(scenario.reason));
  if (scenario.kept_from != null) parts.push(`kept from run ${scenario.kept_from}`);
  return parts.join('; ');
}

function renderLoadPoints({ scenarios }: SuiteOverview, options: SummaryOptions): string {
  const points = scenarios.flatMap(({ name, metrics }) =>
    metrics.map((point) => ({ name, point })),
  );
  if (points.length === 0) return '';
  const { style = plainStyle } = options;
  const shown = points.slice(0, MOST_LOAD_POINTS);
  const all = points.map(({ point }) => point);
  const columns = [...selectLoad(all), ...selectFilled(ESSENTIAL, all)];
  const table = renderTable(
    [{ title: 'scenario' }, ...columns.map(({ title, align }) => ({ title, align }))],
    shown.map(({ name, point }, index) => [
      shown[index - 1]?.name === name ? '' : name,
      ...columns.map(({ cell }) => cell(point) ?? style.signs.none),
    ]),
    options,
  );
  const more = points.length - shown.length;
  if (more === 0) return table;
  return `${table}\n${style.faint(`and ${more} more load points: see performance_results.csv`)}`;
}

function renderScenarioFailure(
  { name, status, failure }: ScenarioOverview,
  { style = plainStyle, isVerbose = false }: SummaryOptions,
): string {
  if (!failure) return '';
  const [first = '', ...rest] = renderFailure(failure, { style, isVerbose });
  return [`${renderStatusSign(status, style)} ${style.strong(name)}: ${first}`, ...rest].join('\n');
}

/** Nobody has watched all night: what was said then is said again. */
function renderWarnings(
  { warnings }: SuiteOverview,
  { style = plainStyle, isVerbose = false }: SummaryOptions,
): string {
  const shown = isVerbose ? warnings : warnings.slice(0, MOST_WARNINGS);
  const lines = shown.map((warning) => {
    const told = describeWarning(warning, toPrintableLine(warning.message));
    const often = warning.times === 1 ? '' : style.faint(` (${warning.times} times)`);
    return `${style.caution(style.signs.warning)} ${told}${often}`;
  });
  const more = warnings.length - shown.length;
  return [
    ...lines,
    ...(more === 0
      ? []
      : [style.faint(`and ${count(more, 'more warning')}: see suite_summary.json`)]),
  ].join('\n');
}

/** Keeps what the summary at the end needs and the last event does not hold. */
export interface OverviewFold {
  on(event: StampedEvent): void;
  suite(finished: SuiteFinished): SuiteOverview;
}

export function createOverview(): OverviewFold {
  const metrics = new Map<string, readonly LoadPoint[]>();
  let resumedFrom: string | null = null;
  return {
    on(event) {
      if (event.type === 'suite_resumed') resumedFrom = event.resumed_from;
      if (event.type === 'scenario_finished') metrics.set(event.scenario, event.metrics);
    },
    suite: ({ scenarios, ...suite }) => ({
      ...suite,
      resumed_from: resumedFrom,
      scenarios: scenarios.map((scenario) => ({
        ...scenario,
        metrics: metrics.get(scenario.name) ?? [],
      })),
    }),
  };
}
