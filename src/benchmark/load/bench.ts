import type { Clock } from '../../async/clock.js';
import type { Outcome } from '../../model/failure.js';
import { scheduleArrivals } from './arrivals.js';
import type { BenchConfig } from './config/bench-config.js';
import type { Dataset } from './dataset/dataset.js';
import { runLoadPoint } from './load-point.js';
import { listSettings, type LoadSetting } from './load-setting.js';
import { buildBody, type BodyTemplate } from './request/body.js';
import { resolveEndpoint } from './request/endpoint.js';
import { openTransport, type Transport } from './request/exchange.js';
import { askForModel } from './request/models.js';
import type { BenchResult } from './result/bench-result.js';
import { summarize } from './result/summarize.js';
import { watchEventLoop } from './statistics/event-loop-delay.js';
import { type Progress, trackProgress } from './statistics/progress.js';

/** What a measurement needs from outside. */
export interface BenchContext {
  readonly clock: Clock;
  /** Aborted: what was measured so far is summarized, and the rest left out. */
  readonly signal: AbortSignal;
  /** `null`: none is sent. */
  readonly apiKey: string | null;
  readonly playbookVersion: string;
}

/** Told what happens, as it happens. */
export interface BenchHooks {
  /** @param progress May be asked at any time until the load point is over. */
  readonly onLoadPointStarted?: (
    setting: LoadSetting,
    index: number,
    total: number,
    progress: () => Progress,
  ) => void;
  /** Awaited before the next load point. */
  readonly onLoadPointFinished?: (result: BenchResult) => Promise<void>;
  readonly onWarning?: (message: string) => void;
}

/**
 * Measures every load point, one after the other. One that was interrupted is the last; one that was interrupted
 * before its first request is left out.
 */
export async function runBench(
  config: BenchConfig,
  dataset: Dataset,
  context: BenchContext,
  hooks: BenchHooks = {},
): Promise<Outcome<readonly BenchResult[]>> {
  const { apiKey, signal } = context;
  const model: Outcome<string> =
    config.model === null
      ? await askForModel(config.baseUrl, apiKey, config.timeoutMs, signal)
      : { ok: true, value: config.model };
  if (!model.ok) return model;

  const settings = listSettings(config);
  const results: BenchResult[] = [];
  for (const [index, setting] of settings.entries()) {
    if (signal.aborted) break;
    const result = await measure(
      { config, dataset, setting, loadPoint: index, total: settings.length, model: model.value },
      context,
      hooks,
    );
    if (!result) break;
    results.push(result);
    await hooks.onLoadPointFinished?.(result);
  }
  return { ok: true, value: results };
}

interface LoadPointJob {
  readonly config: BenchConfig;
  readonly dataset: Dataset;
  readonly setting: LoadSetting;
  /** 0-based. */
  readonly loadPoint: number;
  readonly total: number;
  readonly model: string;
}

async function measure(
  job: LoadPointJob,
  context: BenchContext,
  hooks: BenchHooks,
): Promise<BenchResult | null> {
  const { config, dataset, setting, loadPoint, total, model } = job;
  const { clock, signal } = context;
  const endpoint = resolveEndpoint(config.baseUrl, config.endpoint);
  const template: BodyTemplate = { ...config, isChat: endpoint.isChat, model };
  const now = () => clock.monotonic();
  const transport = openTransport({
    url: endpoint.url,
    timeoutMs: config.timeoutMs,
    maxConnections: setting.maxConcurrency,
    apiKey: context.apiKey,
    now,
  });
  try {
    // Before warming up, so that nothing has cooled down again when it counts.
    const body = prepareBodies(config.numPrompts, (index) =>
      buildBody(template, dataset.prompt(index, loadPoint)),
    );
    await warmUp(job, template, transport, context, hooks);
    if (signal.aborted) return null;

    const startedAt = new Date(clock.now());
    const resentBefore = transport.resent();
    const tracker = trackProgress(config.numPrompts, now);
    hooks.onLoadPointStarted?.(setting, loadPoint, total, () => tracker.snapshot());
    const eventLoop = watchEventLoop();
    const measurement = await runLoadPoint(
      {
        arrivalsMs: scheduleArrivals(config.numPrompts, setting.requestRate, config.seed),
        maxConcurrency: setting.maxConcurrency,
        body,
        idPrefix: `playbook-bench-${loadPoint}`,
      },
      transport.send,
      clock,
      signal,
      {
        onStarted: () => tracker.started(),
        onSettled: ({ outcome }) => tracker.settled(outcome),
      },
    );
    return summarize(measurement, {
      config,
      setting,
      model,
      startedAt,
      eventLoopDelay: eventLoop.stop(),
      datasetSize: dataset.size,
      resent: transport.resent() - resentBefore,
      playbookVersion: context.playbookVersion,
    });
  } finally {
    await transport.close();
  }
}

/** Sends requests that are not measured, at the load point's concurrency, with prompts that it will not see again. */
async function warmUp(
  { config, dataset, setting, loadPoint }: LoadPointJob,
  template: BodyTemplate,
  transport: Transport,
  { clock, signal }: BenchContext,
  hooks: BenchHooks,
): Promise<void> {
  if (config.warmup === 0) return;
  const { requests } = await runLoadPoint(
    {
      arrivalsMs: scheduleArrivals(config.warmup, Infinity, config.seed),
      maxConcurrency: setting.maxConcurrency,
      body: (index) => buildBody(template, dataset.prompt(config.numPrompts + index, loadPoint)),
      idPrefix: `playbook-bench-${loadPoint}-warmup`,
    },
    transport.send,
    clock,
    signal,
  );
  const failures = requests.flatMap(({ outcome }) =>
    outcome.status === 'failed' ? [outcome.failure] : [],
  );
  const [first] = failures;
  if (first) {
    hooks.onWarning?.(
      `${failures.length} of ${config.warmup} warm-up requests failed: ${first.message}`,
    );
  }
}

/** Above this, bodies are made when they are sent. */
const PREPARED_BYTES = 256 << 20;

/** Makes bodies ahead as far as memory allows: making one takes time that the streams in flight would be late by. */
function prepareBodies(count: number, build: (index: number) => Buffer): (index: number) => Buffer {
  const prepared: Buffer[] = [];
  let bytes = 0;
  while (prepared.length < count && bytes < PREPARED_BYTES) {
    const body = build(prepared.length);
    bytes += body.length;
    prepared.push(body);
  }
  return (index) => prepared[index] ?? build(index);
}
