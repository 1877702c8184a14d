import type { Percentile } from '../statistics/distribution.js';
import type { EventLoopDelay } from '../statistics/event-loop-delay.js';
import type { RequestFailureKind } from '../request/outcome.js';

/** The latencies as vllm names them. */
type ResultLatency = 'ttft' | 'tpot' | 'itl' | 'e2el';
export type ResultStatistic = 'mean' | 'median' | 'std' | 'min' | 'max' | `p${Percentile}`;

/** Failures of one kind. */
export interface ErrorSummary {
  readonly kind: RequestFailureKind;
  readonly count: number;
  /** With `http_status`. */
  readonly status: number | null;
  /** Of the first of them. */
  readonly message: string;
}

export interface ConnectTime {
  readonly mean: number;
  readonly max: number;
}

/** Where a number of tokens comes from. */
export type TokenSource =
  /** The server's `usage`. */
  | 'usage'
  /** Counted: one for each event that held text. */
  | 'chunks'
  /** What was asked for, not what the server's tokenizer made of it. */
  | 'requested'
  /** Not the same for all requests. */
  | 'mixed'
  /** Nobody knows, or nothing completed. */
  | 'none';

/**
 * The result file of one load point: the keys of `vllm bench serve --save-result`, and more. Latencies are `null` where
 * no request has completed. Times without `_ms` are seconds.
 */
export type BenchResult = {
  /** Local time, `YYYYMMDD-HHMMSS`. */
  readonly date: string;
  /** ISO 8601, UTC. */
  readonly started_at: string;
  readonly backend: 'playbook-bench';
  readonly playbook_version: string;
  readonly label: string;
  readonly model_id: string;
  readonly base_url: string;
  readonly endpoint: string;
  readonly dataset: string;
  readonly seed: number;
  /** `null`: the dataset's own. */
  readonly input_len: number | null;
  readonly output_len: number;
  readonly ignore_eos: boolean;
  readonly warmup: number;
  readonly num_prompts: number;
  readonly request_rate: number | 'inf';
  readonly max_concurrency: number | null;
  /** The whole measured window: from the first arrival to the end of the last request, in seconds. */
  readonly duration: number;
  readonly completed: number;
  readonly failed: number;
  /** Broken off because of a signal: neither completed nor failed. */
  readonly cancelled: number;
  readonly interrupted: boolean;
  readonly errors: readonly ErrorSummary[];
  readonly token_source: TokenSource;
  readonly input_token_source: TokenSource;
  /** Tokens and throughputs count completed requests only. */
  readonly total_input_tokens: number | null;
  readonly total_output_tokens: number;
  readonly request_throughput: number;
  readonly output_throughput: number;
  readonly total_token_throughput: number | null;
  readonly event_loop_delay_ms: EventLoopDelay;
  /**
   * From taking up a request to having it on an open connection; part of no latency. `null` where nothing completed.
   */
  readonly connect_time_ms: ConnectTime | null;
  readonly percentile_method: 'linear';
  readonly warnings: readonly string[];
} & Readonly<Record<`${ResultStatistic}_${ResultLatency}_ms`, number | null>> &
  /**
   * From when a request was due to when it was sent; part of no latency. Only with a finite request rate: otherwise
   * every request is due at the start.
   */
  Readonly<Partial<Record<`${ResultStatistic}_client_queue_time_ms`, number | null>>>;
