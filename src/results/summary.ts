import type {
  Artifact,
  FailureRecord,
  LoadPoint,
  ResultSummary,
  ScenarioStatus,
  ScriptRecord,
} from '../model/result.js';

/** How a scenario went, as the run knows it. */
export interface ScenarioResult {
  readonly scenario: string;
  readonly run: string;
  readonly status: ScenarioStatus;
  readonly attempts: number;
  readonly startedAt: Date;
  readonly endedAt: Date;
  /** Measured, not the difference of the two: the clock may have been set meanwhile. */
  readonly durationMs: number;
  readonly script: ScriptRecord | null;
  /** The first is the cause, the others came after it. */
  readonly failures: readonly FailureRecord[];
  readonly metrics: readonly LoadPoint[];
  readonly artifacts: readonly Artifact[];
}

/** `result_summary.json`. */
export function buildResultSummary(result: ScenarioResult): ResultSummary {
  const [failure = null, ...further] = result.failures;
  return {
    scenario: result.scenario,
    run: result.run,
    status: result.status,
    attempts: result.attempts,
    started_at: result.startedAt.toISOString(),
    ended_at: result.endedAt.toISOString(),
    duration_s: inSeconds(result.durationMs),
    script: result.script,
    failure,
    further_failures: further,
    metrics: result.metrics,
    artifacts: result.artifacts,
  };
}

function inSeconds(ms: number): number {
  return Math.round(ms) / 1000;
}
