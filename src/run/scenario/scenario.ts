import pLimit from 'p-limit';

import type { Failure, FailureKind } from '../../model/failure.js';
import type { ScenarioPlan } from '../../model/plan.js';
import type { ScenarioOutcome, ScenarioStatus } from '../../model/result.js';
import { buildGraph } from '../../plan/graph.js';
import { leasedBy } from '../../plan/machines.js';
import type { RunFolder, ScenarioFolder } from '../../results/store.js';
import type { Attempt } from './attempt.js';
import type { RunContext } from '../context.js';
import { writeDocuments } from './documents.js';
import { inSeconds, recordOf, warnOf } from '../events.js';
import { callFailureHooks, callScenarioHooks } from '../hooks/scenario-hooks.js';
import { isWorthAnotherAttempt } from '../retry-policy.js';
import { runAttempt } from './run-attempt.js';
import { createCrashWatch } from './services/crash-watch.js';
import { kindsOf } from '../suite/verdict.js';

export interface ScenarioResult {
  readonly outcome: ScenarioOutcome;
  /** Of all failures, for the exit code. */
  readonly kinds: readonly FailureKind[];
  /** Its hooks for failures were called. */
  readonly isFailureTold: boolean;
}

export interface ScenarioOptions {
  /** 1-based. */
  readonly index: number;
  readonly total: number;
  /** How often it is tried again; `null`: what the scenario says. */
  readonly retries: number | null;
  readonly signal: AbortSignal;
}

/** Runs one scenario, as often as its retries allow, and writes down what came of it. */
export async function runScenario(
  plan: ScenarioPlan,
  context: RunContext,
  run: RunFolder,
  options: ScenarioOptions,
): Promise<ScenarioResult> {
  const { clock, emit } = context;
  const { scenario } = plan;
  const { retryDelayMs, scenarioLevelRetries } = scenario.retryStrategy;
  const maxAttempts = (options.retries ?? scenarioLevelRetries) + 1;
  const startedAt = clock.now();
  const begin = clock.monotonic();

  const made = await run.scenarioFolder(scenario.name);
  if (!made.ok) return unrecorded(plan, context, made.failure);
  const folder = made.value;

  for (let number = 1; ; number += 1) {
    announce(plan, context, options, number, maxAttempts);
    const attempt = createAttempt(plan, context, folder, options.signal, number, maxAttempts);
    const unwatch = context.leases.watch(leasedBy(scenario), (failure) => {
      attempt.losses.push(failure);
      attempt.crashes.report(() => Promise.resolve(failure));
    });
    await runAttempt(attempt);
    unwatch();
    const elapsedMs = () => clock.monotonic() - begin;
    const { status, durationMs } = await settle(attempt, folder, startedAt, elapsedMs);

    const mayRetry = number < maxAttempts && isWorthRetrying(attempt, status);
    if (mayRetry) {
      emit({
        type: 'waiting',
        scenario: scenario.name,
        duration_s: inSeconds(retryDelayMs),
        reason: `before attempt ${number + 1} of ${maxAttempts}`,
      });
      await context.pool.closeAll();
      await clock.sleep(retryDelayMs, options.signal);
      // A machine may have been lost meanwhile. Where there is no further attempt, this one is the result.
      const missing = await context.leases.acquireFor(leasedBy(scenario));
      attempt.failures.push(...missing);
      for (const failure of missing) warnOf(context, failure);
      if (missing.length > 0 || options.signal.aborted) {
        return conclude(attempt, folder, status, durationMs);
      }
      const aside = await folder.setAside(number);
      if (aside.ok) continue;
      attempt.failures.push(aside.failure);
    }
    return conclude(attempt, folder, status, durationMs);
  }
}

/** Writes down how it went, and lets the last hooks see that; their failures count, too. */
async function settle(
  attempt: Attempt,
  folder: ScenarioFolder,
  startedAt: number,
  elapsedMs: () => number,
): Promise<{ readonly status: ScenarioStatus; readonly durationMs: number }> {
  const write = async () => {
    const verdict = { status: statusOf(attempt), startedAt, durationMs: elapsedMs() };
    attempt.failures.push(...(await writeDocuments(attempt, folder, verdict)));
    return verdict;
  };
  const verdict = await write();
  const { length } = attempt.failures;
  attempt.failures.push(...(await callScenarioHooks(attempt, 'after_scenario', verdict)));
  await callFailureHooks(attempt, { ...verdict, status: statusOf(attempt) });
  return attempt.failures.length === length ? verdict : write();
}

function announce(
  { scenario, batches }: ScenarioPlan,
  { emit }: RunContext,
  { index, total }: ScenarioOptions,
  attempt: number,
  maxAttempts: number,
): void {
  const batchOf = new Map(
    batches.flatMap((batch, position) => batch.map((id) => [id, position + 1] as const)),
  );
  emit({
    type: 'scenario_started',
    scenario: scenario.name,
    description: scenario.description,
    attempt,
    max_attempts: maxAttempts,
    index,
    total,
    estimated_duration_s:
      scenario.estimatedDurationMs === null ? null : inSeconds(scenario.estimatedDurationMs),
    services: scenario.services.map(({ id, node, dependsOn }) => ({
      service: id,
      node,
      batch: batchOf.get(id) ?? 1,
      depends_on: dependsOn.map(({ service }) => service),
    })),
  });
}

function createAttempt(
  plan: ScenarioPlan,
  context: RunContext,
  folder: ScenarioFolder,
  signal: AbortSignal,
  number: number,
  maxAttempts: number,
): Attempt {
  const { maxConcurrentHealthChecks } = plan.scenario.concurrentDeployment;
  return {
    context,
    plan,
    graph: buildGraph(plan.scenario.services),
    number,
    maxAttempts,
    resultFolder: folder.path,
    signal,
    places: new Map(),
    strikes: new Map(),
    services: new Map(),
    limitHealthChecks: pLimit(maxConcurrentHealthChecks),
    uncollected: new Set(),
    crashes: createCrashWatch(),
    losses: [],
    failures: [],
    setbacks: [],
    phaseTimes: [],
    provenance: null,
    inputs: null,
    hasScriptRun: false,
    isFailureTold: false,
    script: null,
    artifacts: [],
    metrics: [],
  };
}

function statusOf({ failures, metrics }: Attempt): ScenarioStatus {
  const [first] = failures;
  if (first) return first.kind === 'cancelled' ? 'cancelled' : 'failed';
  // The script was content, but a load under which not one request succeeded measures nothing.
  return metrics.some(({ requests_completed }) => requests_completed === 0)
    ? 'invalid'
    : 'completed';
}

function isWorthRetrying(
  { failures, signal, uncollected }: Attempt,
  status: ScenarioStatus,
): boolean {
  // Results that are still on a node must not be replaced by those of another attempt.
  if (signal.aborted || uncollected.size > 0) return false;
  return status !== 'completed' && failures.every(({ kind }) => isWorthAnotherAttempt(kind));
}

function conclude(
  attempt: Attempt,
  folder: ScenarioFolder,
  status: ScenarioStatus,
  durationMs: number,
): ScenarioResult {
  const { name } = attempt.plan.scenario;
  const [first] = attempt.failures;
  const outcome: ScenarioOutcome = {
    name,
    // What could not be written down, or removed from a node, did not complete.
    status: first && status === 'completed' ? 'failed' : status,
    attempts: attempt.number,
    duration_s: inSeconds(durationMs),
    failure: first ? recordOf(first) : null,
    reason: null,
  };
  attempt.context.emit({
    type: 'scenario_finished',
    scenario: name,
    status: outcome.status,
    attempts: outcome.attempts,
    duration_s: outcome.duration_s,
    failure: outcome.failure,
    reason: null,
    metrics: attempt.metrics,
    results_path: folder.path,
  });
  const { failures, isFailureTold } = attempt;
  return { outcome, kinds: failures.flatMap(kindsOf), isFailureTold };
}

/** There is not even a folder to write to. */
function unrecorded(plan: ScenarioPlan, context: RunContext, failure: Failure): ScenarioResult {
  const { name } = plan.scenario;
  const record = recordOf(failure);
  const outcome: ScenarioOutcome = {
    name,
    status: 'failed',
    attempts: 0,
    duration_s: 0,
    failure: record,
    reason: null,
  };
  context.emit({
    type: 'scenario_finished',
    ...{ scenario: name, status: 'failed', attempts: 0, duration_s: 0, failure: record },
    reason: null,
    metrics: [],
    results_path: null,
  });
  return { outcome, kinds: [failure.kind], isFailureTold: false };
}
