import type { Failure, Outcome } from '../../model/failure.js';
import type { ScenarioStatus } from '../../model/result.js';
import { createRedactor } from '../../remote/redaction.js';
import {
  renderScenarioReport,
  type ScenarioBackground,
} from '../../report/markdown/scenario-report.js';
import { renderCsv } from '../../results/csv.js';
import { maskStrings, renderJson } from '../../results/document.js';
import {
  PERFORMANCE_RESULTS,
  RESULT_SUMMARY,
  TEST_METADATA,
  TEST_REPORT,
} from '../../results/layout.js';
import { buildTestMetadata, type TestMetadata } from '../../results/metadata.js';
import type { ScenarioFolder } from '../../results/store.js';
import { buildResultSummary } from '../../results/summary.js';
import type { Attempt } from './attempt.js';
import { recordOf } from '../events.js';

export interface Verdict {
  readonly status: ScenarioStatus;
  /** ms since the epoch. */
  readonly startedAt: number;
  readonly durationMs: number;
}

/** Writes down what came of an attempt: for programs, for spreadsheets and for people. */
export async function writeDocuments(
  attempt: Attempt,
  folder: ScenarioFolder,
  verdict: Verdict,
): Promise<readonly Failure[]> {
  const { context, plan } = attempt;
  const mask = createRedactor(context.secrets).text;
  const summary = buildResultSummary({
    scenario: plan.scenario.name,
    run: context.run,
    status: verdict.status,
    attempts: attempt.number,
    startedAt: new Date(verdict.startedAt),
    endedAt: new Date(context.clock.now()),
    durationMs: verdict.durationMs,
    script: attempt.script,
    failures: attempt.failures.map(recordOf),
    metrics: attempt.metrics,
    artifacts: attempt.artifacts,
  });
  const written: Outcome<void>[] = [
    await folder.write(RESULT_SUMMARY, renderJson(summary, mask)),
    await folder.write(PERFORMANCE_RESULTS, renderCsv(maskStrings(attempt.metrics, mask))),
  ];
  if (attempt.provenance !== null) {
    const metadata = buildTestMetadata({
      run: context.run,
      attempt: attempt.number,
      plan,
      versions: context.versions,
      provenance: attempt.provenance,
      facts: context.facts,
      foreign: new Map([...context.before].map(([node, { foreign }]) => [node, foreign])),
      timings: attempt.phaseTimes,
    });
    const report = renderScenarioReport(
      maskStrings({ summary, metadata: backgroundOf(metadata) }, mask),
    );
    written.push(
      await folder.write(TEST_METADATA, renderJson(metadata, mask)),
      await folder.write(TEST_REPORT, report),
    );
  }
  return written.flatMap((outcome) => (outcome.ok ? [] : [outcome.failure]));
}

/** What of the metadata a reader of the report wants to know. */
function backgroundOf(metadata: TestMetadata): ScenarioBackground {
  const { configuration, nodes, plan, versions, provenance, timings } = metadata;
  const { script, node, timeout_s } = configuration.test_execution;
  return {
    description: configuration.description,
    tags: configuration.tags,
    script: { script, node, timeout_s },
    services: plan.services,
    nodes,
    versions,
    provenance,
    timings,
  };
}
