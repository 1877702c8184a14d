import { CONTROLLER } from '../../model/node.js';
import type { Artifact, ResultSummary } from '../../model/result.js';
import { summarizeFailure } from '../failure.js';
import { summarizeLoad } from '../load/headline.js';
import { formatSeconds } from '../text/duration.js';
import { formatSize } from '../text/size.js';
import {
  type ReportBackground,
  renderForeignUse,
  renderNodeTable,
  renderOrigin,
} from './background.js';
import { code, escapeText } from './escape.js';
import { renderFurtherFailures, renderMarkdownFailure } from './failure.js';
import { renderLoadTables } from './load.js';
import { joinSections, section } from './section.js';
import { renderFacts, renderMarkdownTable } from './table.js';
import { formatUtc } from './time.js';

/** Everything the report of a scenario is made of. */
export interface ScenarioReport {
  readonly summary: ResultSummary;
  readonly metadata: ScenarioBackground;
}

export interface ScenarioBackground extends ReportBackground {
  readonly description: string;
  readonly tags: readonly string[];
  readonly script: {
    readonly script: string;
    readonly node: string;
    readonly timeout_s: number;
  };
  readonly services: readonly {
    readonly name: string;
    readonly node: string;
    /** 1-based. */
    readonly batch: number;
    readonly depends_on: readonly { readonly service: string }[];
  }[];
  readonly timings: readonly { readonly phase: string; readonly duration_s: number }[];
}

/** More files than a reader will look at; `result_summary.json` has them all. */
const MOST_ARTIFACTS = 100;

/** `test_report.md` of a scenario: the verdict first, then what was measured, what failed, and what it was made with. */
export function renderScenarioReport({ summary, metadata }: ScenarioReport): string {
  return joinSections([
    `# ${escapeText(summary.scenario)}: ${summary.status}`,
    escapeText(metadata.description),
    renderOverview(summary, metadata),
    section('What was measured', renderLoadTables(summary.metrics)),
    section('What failed', summary.failure ? renderMarkdownFailure(summary.failure) : ''),
    section('What else failed', renderFurtherFailures(summary.further_failures)),
    section('Time', renderTimings(metadata)),
    section('Services', renderServices(metadata)),
    section('Nodes', renderNodeTable(metadata)),
    section('What others did on the nodes', renderForeignUse(metadata)),
    section('Files', renderArtifacts(summary.artifacts)),
    section('Made with', renderOrigin(metadata)),
  ]);
}

function renderOverview(summary: ResultSummary, metadata: ScenarioBackground): string {
  const { failure } = summary;
  const why = failure === null ? summarizeLoad(summary.metrics) : summarizeFailure(failure);
  const verdict = `**${summary.status}** after ${formatSeconds(summary.duration_s)}`;
  return renderFacts([
    ['verdict', why === '' ? verdict : `${verdict}: ${escapeText(why)}`],
    ['script', describeScript(summary, metadata)],
    ['started', formatUtc(summary.started_at)],
    ['ended', formatUtc(summary.ended_at)],
    ['attempts', summary.attempts > 1 ? String(summary.attempts) : ''],
    ['tags', escapeText(metadata.tags.join(', '))],
    ['run', code(summary.run)],
  ]);
}

function describeScript({ script: record }: ResultSummary, { script }: ScenarioBackground): string {
  const where =
    script.node === CONTROLLER ? 'on the machine that ran playbook' : `on ${code(script.node)}`;
  const what = `${code(script.script)} ${where}`;
  if (record === null) return `${what}, not run`;
  const took = formatSeconds(record.duration_s);
  if (record.timed_out) return `${what}, stopped after its ${formatSeconds(script.timeout_s)}`;
  if (record.signal !== null) return `${what}, killed by ${record.signal} after ${took}`;
  if (record.exit_code === null) return `${what}, ended after ${took}`;
  return `${what}, exited with status ${record.exit_code} after ${took}`;
}

function renderTimings({ timings }: ScenarioBackground): string {
  if (timings.length === 0) return '';
  return renderMarkdownTable(
    [{ title: 'phase' }, { title: 'took', align: 'right' }],
    timings.map(({ phase, duration_s }) => [phase, formatSeconds(duration_s)]),
  );
}

function renderServices({ services }: ScenarioBackground): string {
  if (services.length === 0) return '';
  return renderMarkdownTable(
    [
      { title: 'service' },
      { title: 'node' },
      { title: 'batch', align: 'right' },
      { title: 'waits for' },
    ],
    services.map(({ name, node, batch, depends_on }) => [
      code(name),
      code(node),
      String(batch),
      depends_on.map(({ service }) => code(service)).join(', '),
    ]),
  );
}

function renderArtifacts(artifacts: readonly Artifact[]): string {
  if (artifacts.length === 0) return '';
  const table = renderMarkdownTable(
    [{ title: 'file' }, { title: 'size', align: 'right' }, { title: 'sha256' }],
    artifacts
      .slice(0, MOST_ARTIFACTS)
      .map(({ path, size, sha256 }) => [code(path), formatSize(size), code(sha256)]),
  );
  const more = artifacts.length - MOST_ARTIFACTS;
  return more > 0 ? `${table}\n\nand ${more} more: see ${code('result_summary.json')}` : table;
}
