import type {
  LoadPoint,
  ScenarioOutcome,
  SuiteSummary,
  WarningRecord,
} from '../../model/result.js';
import { summarizeFailure } from '../failure.js';
import { describeWarning } from '../warning.js';
import { summarizeLoad } from '../load/headline.js';
import { count } from '../text/count.js';
import { formatDuration, formatSeconds } from '../text/duration.js';
import { type ReportBackground, renderNodeTable, renderOrigin } from './background.js';
import { code, escapeText } from './escape.js';
import { renderMarkdownFailure } from './failure.js';
import { renderLoadTables } from './load.js';
import { joinSections, section } from './section.js';
import { renderFacts, renderMarkdownTable } from './table.js';
import { formatUtc } from './time.js';

/** Everything the report of a run is made of. */
export interface SuiteReport {
  readonly summary: SuiteSummary;
  /** What was measured, by scenario. */
  readonly metrics: ReadonlyMap<string, readonly LoadPoint[]>;
  readonly metadata: ReportBackground;
}

/** `test_report.md` of a run: the verdict first, a line for each scenario, then each one's numbers and failures. */
export function renderSuiteReport({ summary, metrics, metadata }: SuiteReport): string {
  const { scenarios } = summary;
  const measured = scenarios.flatMap(({ name }) => {
    const points = metrics.get(name) ?? [];
    return points.length === 0 ? [] : [`### ${escapeText(name)}\n\n${renderLoadTables(points)}`];
  });
  const failedItself =
    summary.failure === undefined
      ? []
      : [`### The run itself\n\n${renderMarkdownFailure(summary.failure)}`];
  const failed = scenarios.flatMap(({ name, failure }) =>
    failure === null ? [] : [`### ${escapeText(name)}\n\n${renderMarkdownFailure(failure)}`],
  );
  return joinSections([
    `# Run ${escapeText(summary.run)}: ${summary.status}`,
    renderOverview(summary),
    section(
      'Scenarios',
      renderOutcomes(scenarios, (name) => metrics.get(name) ?? []),
    ),
    section('What was measured', measured.join('\n\n')),
    section('What failed', [...failedItself, ...failed].join('\n\n')),
    section('Warnings', renderWarnings(summary.warnings)),
    section('Nodes', renderNodeTable(metadata)),
    section('Made with', renderOrigin(metadata)),
  ]);
}

function renderOverview(summary: SuiteSummary): string {
  const tookMs = Date.parse(summary.ended_at) - Date.parse(summary.started_at);
  return renderFacts([
    ['verdict', `**${summary.status}** after ${formatDuration(tookMs)}: ${countOutcomes(summary)}`],
    ['exit code', String(summary.exit_code)],
    ['continues', summary.resumed_from === undefined ? '' : `run ${summary.resumed_from}`],
    ['started', formatUtc(summary.started_at)],
    ['ended', formatUtc(summary.ended_at)],
  ]);
}

function countOutcomes({ scenarios }: SuiteSummary): string {
  const completed = scenarios.filter(({ status }) => status === 'completed').length;
  return `${completed} of ${count(scenarios.length, 'scenario')} completed`;
}

function renderOutcomes(
  scenarios: readonly ScenarioOutcome[],
  metricsOf: (name: string) => readonly LoadPoint[],
): string {
  if (scenarios.length === 0) return '';
  return renderMarkdownTable(
    [
      { title: 'scenario' },
      { title: 'status' },
      { title: 'took', align: 'right' },
      { title: 'attempts', align: 'right' },
      { title: 'result' },
    ],
    scenarios.map((scenario) => [
      renderLink(scenario),
      scenario.status === 'completed' ? scenario.status : `**${scenario.status}**`,
      scenario.attempts === 0 ? '–' : formatSeconds(scenario.duration_s),
      String(scenario.attempts),
      escapeText(describeResult(scenario, metricsOf(scenario.name))),
    ]),
  );
}

function renderWarnings(warnings: readonly WarningRecord[]): string {
  return warnings
    .map((warning) => {
      const often = warning.times === 1 ? '' : ` (${warning.times} times)`;
      return `- ${escapeText(describeWarning(warning, warning.message))}${often}`;
    })
    .join('\n');
}

/** A scenario that was never started has no folder to link to. */
function renderLink({ name, attempts }: ScenarioOutcome): string {
  return attempts === 0 ? code(name) : `[${escapeText(name)}](${encodeURI(name)}/test_report.md)`;
}

function describeResult(scenario: ScenarioOutcome, metrics: readonly LoadPoint[]): string {
  if (scenario.failure !== null) return summarizeFailure(scenario.failure);
  const result = scenario.reason ?? summarizeLoad(metrics);
  if (scenario.kept_from === undefined) return result;
  return [`kept from run ${scenario.kept_from}`, result].filter((part) => part !== '').join(': ');
}
