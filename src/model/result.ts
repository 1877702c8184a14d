import type { FailureKind } from './failure.js';

/** `cancelled`: by a signal that was handled. `interrupted`: the controller died, found out later. */
export type ScenarioStatus =
  'completed' | 'failed' | 'invalid' | 'skipped' | 'cancelled' | 'interrupted';

export const LATENCIES = ['ttft', 'tpot', 'itl', 'e2e'] as const;
export const STATISTICS = ['mean', 'p50', 'p90', 'p95', 'p99'] as const;
export type Latency = (typeof LATENCIES)[number];
export type Statistic = (typeof STATISTICS)[number];

/** One measured load: what a row of `performance_results.csv` holds. `null`: the source does not say. */
export type LoadPoint = {
  /** Which tool measured it: `playbook-bench`, `vllm`. */
  readonly source: string;
  readonly label: string;
  readonly concurrency: number | null;
  /** Requests per second that were offered; `inf` as fast as the concurrency allows. */
  readonly request_rate: number | 'inf' | null;
  readonly duration_s: number | null;
  readonly requests_completed: number | null;
  readonly requests_failed: number | null;
  readonly input_tokens: number | null;
  readonly output_tokens: number | null;
  readonly request_throughput: number | null;
  readonly output_token_throughput: number | null;
  readonly total_token_throughput: number | null;
} & Readonly<Record<`${Statistic}_${Latency}_ms`, number | null>>;

/** The failure as files and events show it. */
export interface FailureRecord {
  readonly kind: FailureKind;
  readonly message: string;
  readonly hint: string | null;
  readonly node: string | null;
  readonly service: string | null;
  readonly output: readonly string[];
}

export interface Artifact {
  /** Relative to the scenario's result folder, with `/`. Bytes that are no UTF-8 have become U+FFFD. */
  readonly path: string;
  /** Where there are such bytes: the path with everything but letters, digits and `-._~/` percent-encoded. */
  readonly path_encoded?: string;
  readonly size: number;
  readonly sha256: string;
}

/** `result_summary.json`. */
export interface ResultSummary {
  readonly scenario: string;
  readonly run: string;
  readonly status: ScenarioStatus;
  /** How often it was tried. */
  readonly attempts: number;
  readonly started_at: string;
  readonly ended_at: string;
  readonly duration_s: number;
  readonly script: ScriptRecord | null;
  readonly failure: FailureRecord | null;
  /** Other failures of the same attempt, such as those of cleaning up. */
  readonly further_failures: readonly FailureRecord[];
  readonly metrics: readonly LoadPoint[];
  readonly artifacts: readonly Artifact[];
}

/** How the test script ended. */
export interface ScriptRecord {
  readonly exit_code: number | null;
  readonly signal: string | null;
  readonly timed_out: boolean;
  readonly duration_s: number;
}

export interface ScenarioOutcome {
  readonly name: string;
  readonly status: ScenarioStatus;
  readonly attempts: number;
  readonly duration_s: number;
  readonly failure: FailureRecord | null;
  /** Why it was skipped, `null` otherwise. */
  readonly reason: string | null;
  /** It did not run: this is what the named run has measured, and it still holds. */
  readonly kept_from?: string;
}

/** Something that is good to know and made nothing fail. */
export interface WarningRecord {
  readonly message: string;
  readonly scenario: string | null;
  readonly node: string | null;
  readonly service: string | null;
  /** How often it was said. */
  readonly times: number;
}

/** `suite_summary.json`. */
export interface SuiteSummary {
  readonly run: string;
  /** The run that this one continues. */
  readonly resumed_from?: string;
  readonly status: ScenarioStatus;
  readonly exit_code: number;
  /** What went wrong with the run itself, and with none of its scenarios. */
  readonly failure?: FailureRecord;
  readonly started_at: string;
  readonly ended_at: string;
  readonly scenarios: readonly ScenarioOutcome[];
  readonly warnings: readonly WarningRecord[];
}
