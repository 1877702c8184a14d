import type { BenchConfig } from '../config/bench-config.js';
import type { LoadSetting } from '../load-setting.js';
import type { MeasuredRequest, Measurement } from '../load-point.js';
import type { CompletedRequest } from '../request/outcome.js';
import { describe, PERCENTILES } from '../statistics/distribution.js';
import type { EventLoopDelay } from '../statistics/event-loop-delay.js';
import { collectGaps, countOutputTokens, measureLatencies } from '../statistics/latencies.js';
import type {
  BenchResult,
  ConnectTime,
  ErrorSummary,
  ResultStatistic,
  TokenSource,
} from './bench-result.js';
import { findWarnings } from './warnings.js';

/** What is known of a measurement beside its requests. */
export interface MeasurementContext {
  readonly config: BenchConfig;
  readonly setting: LoadSetting;
  readonly model: string;
  readonly startedAt: Date;
  readonly eventLoopDelay: EventLoopDelay;
  /** How many different prompts the dataset has. */
  readonly datasetSize: number;
  /** Requests that were sent a second time; see `Transport.resent`. */
  readonly resent: number;
  readonly playbookVersion: string;
}

/** Makes the result of one load point. Only completed requests count in latencies, tokens and throughputs. */
export function summarize(
  { requests, durationMs, isInterrupted }: Measurement,
  context: MeasurementContext,
): BenchResult {
  const { config, setting } = context;
  const completed = requests.flatMap(({ outcome }) =>
    outcome.status === 'completed' ? [outcome] : [],
  );
  const latencies = completed.map(measureLatencies);
  const seconds = durationMs / 1000;
  const perSecond = (amount: number) => (seconds > 0 ? amount / seconds : 0);
  const outputTokens = total(completed.map(countOutputTokens));
  const input = countInputTokens(completed, config);
  const isRandom = config.dataset === 'random';

  const result: BenchResult = {
    date: formatDate(context.startedAt),
    started_at: context.startedAt.toISOString(),
    backend: 'playbook-bench',
    playbook_version: context.playbookVersion,
    label: setting.label,
    model_id: context.model,
    base_url: config.baseUrl,
    endpoint: config.endpoint,
    dataset: config.dataset,
    seed: config.seed,
    input_len: isRandom ? config.inputLen : null,
    output_len: config.outputLen,
    ignore_eos: config.ignoreEos,
    warmup: config.warmup,
    num_prompts: config.numPrompts,
    request_rate: Number.isFinite(setting.requestRate) ? setting.requestRate : 'inf',
    max_concurrency: setting.maxConcurrency,
    duration: seconds,
    completed: completed.length,
    failed: requests.filter(({ outcome }) => outcome.status === 'failed').length,
    cancelled: requests.filter(({ outcome }) => outcome.status === 'cancelled').length,
    interrupted: isInterrupted,
    errors: summarizeErrors(requests),
    token_source: joinSources(
      completed.map(({ outputTokens: given }) => (given ? 'usage' : 'chunks')),
    ),
    input_token_source: input.source,
    total_input_tokens: input.tokens,
    total_output_tokens: outputTokens,
    request_throughput: perSecond(completed.length),
    output_throughput: perSecond(outputTokens),
    total_token_throughput: input.tokens === null ? null : perSecond(input.tokens + outputTokens),
    ...statistics(
      'ttft',
      latencies.map(({ ttftMs }) => ttftMs),
    ),
    ...statistics(
      'tpot',
      latencies.flatMap(({ tpotMs }) => tpotMs ?? []),
    ),
    ...statistics('itl', collectGaps(completed)),
    ...statistics(
      'e2el',
      latencies.map(({ e2eMs }) => e2eMs),
    ),
    ...(Number.isFinite(setting.requestRate)
      ? statistics('client_queue_time', collectQueueTimes(requests))
      : {}),
    connect_time_ms: summarizeConnectTimes(completed),
    event_loop_delay_ms: context.eventLoopDelay,
    percentile_method: 'linear',
    warnings: [],
  };
  const warnings = findWarnings(result, config.metadata, context);
  // As with vllm's --metadata, but what was measured cannot be replaced.
  const metadata = Object.entries(config.metadata).filter(([key]) => !(key in result));
  return { ...result, ...Object.fromEntries(metadata), warnings };
}

function statistics<N extends string>(
  name: N,
  samples: Float64Array | readonly number[],
): Record<`${ResultStatistic}_${N}_ms`, number | null> {
  const distribution = describe(Float64Array.from(samples));
  const entries: [ResultStatistic, number | null][] = [
    ...(['mean', 'median', 'std', 'min', 'max'] as const).map(
      (statistic): [ResultStatistic, number | null] => [
        statistic,
        distribution?.[statistic] ?? null,
      ],
    ),
    ...PERCENTILES.map((percentile): [ResultStatistic, number | null] => [
      `p${percentile}`,
      distribution?.percentiles[percentile] ?? null,
    ]),
  ];
  return Object.fromEntries(
    entries.map(([statistic, value]) => [`${statistic}_${name}_ms`, value]),
  ) as Record<`${ResultStatistic}_${N}_ms`, number | null>;
}

function countInputTokens(
  completed: readonly CompletedRequest[],
  { dataset, inputLen }: BenchConfig,
): { readonly tokens: number | null; readonly source: TokenSource } {
  const isKnown = dataset === 'random';
  const counts = completed.map(({ inputTokens }) => inputTokens ?? (isKnown ? inputLen : null));
  return {
    tokens: counts.includes(null) ? null : total(counts.map(Number)),
    source: joinSources(
      completed.map(({ inputTokens }) =>
        inputTokens !== null ? 'usage' : isKnown ? 'requested' : 'none',
      ),
    ),
  };
}

function joinSources(sources: readonly TokenSource[]): TokenSource {
  const [first = 'none', ...others] = new Set(sources);
  return others.length === 0 ? first : 'mixed';
}

function summarizeErrors(requests: readonly MeasuredRequest[]): ErrorSummary[] {
  const summaries = new Map<string, ErrorSummary>();
  for (const { outcome } of requests) {
    if (outcome.status !== 'failed') continue;
    const { kind, status, message } = outcome.failure;
    const key = `${kind} ${status ?? ''}`;
    const known = summaries.get(key);
    summaries.set(key, {
      ...(known ?? { kind, status, message }),
      count: (known?.count ?? 0) + 1,
    });
  }
  return [...summaries.values()].sort((a, b) => b.count - a.count);
}

function collectQueueTimes(requests: readonly MeasuredRequest[]): number[] {
  return requests.flatMap(({ arrivedMs, outcome }) =>
    outcome.status === 'completed' ? [outcome.sentMs - arrivedMs] : [],
  );
}

function summarizeConnectTimes(completed: readonly CompletedRequest[]): ConnectTime | null {
  const times = describe(
    Float64Array.from(completed, ({ startedMs, sentMs }) => sentMs - startedMs),
  );
  return times && { mean: times.mean, max: times.max };
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** Local time, as vllm writes it. */
function formatDate(date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}${two(date.getMonth() + 1)}${two(date.getDate())}`;
  return `${day}-${two(date.getHours())}${two(date.getMinutes())}${two(date.getSeconds())}`;
}
