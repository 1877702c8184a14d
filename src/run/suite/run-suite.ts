import path from 'node:path';

import { onAbort } from '../../async/abort.js';
import type { Clock } from '../../async/clock.js';
import type { DeploymentBackend } from '../../deploy/backend.js';
import type { StampedEvent } from '../../model/event.js';
import type { Outcome } from '../../model/failure.js';
import type { NodeFacts } from '../../model/node-facts.js';
import type { NodeSpec, Runtime } from '../../model/node.js';
import type { LoadPoint, SuiteSummary } from '../../model/result.js';
import type { SuitePlan } from '../../model/plan.js';
import { createRedactor } from '../../remote/redaction.js';
import type { ConnectionPool } from '../../remote/pool/pool.js';
import type { Reporter } from '../../report/reporter.js';
import { createTee } from '../../report/reporters/tee.js';
import { openEventLog } from '../../results/event-log.js';
import { EVENTS } from '../../results/layout.js';
import type { Versions } from '../../results/metadata.js';
import type { RunFolder } from '../../results/store.js';
import { type WarningFold, createWarningFold, warningsOf } from '../../results/warnings.js';
import { type Emit, stampWith } from '../events.js';
import { Interruption, whyStopped } from '../interruption.js';
import type { Journal } from '../journal/journal.js';
import { keptOn } from '../journal/read-journal.js';
import { type OpenedRun, type OpeningOptions, openRun } from './opening.js';
import { recoverBeforeSuite } from '../recovery/before-suite.js';
import type { DirtyNode } from '../isolation/dirty-node.js';
import type { NodeBefore } from '../isolation/node-before.js';
import { type LeaseKeeper, createLeaseKeeper } from '../lease/keeper.js';
import { allNodesOf } from '../preflight/nodes-of.js';
import type { ResumePlan } from '../resume/plan-resume.js';
import { createSuiteDocuments, type SuiteDocuments } from './documents.js';
import { carryOut } from './suite.js';
import type { SuiteOptions } from './suite-options.js';
import { reserveSummary } from './summary-file.js';
import { stoppedLate } from './verdict.js';
import type { Warnings } from '../warnings.js';

/** The world, as a run needs it. */
export interface Adapters {
  readonly clock: Clock;
  readonly pool: ConnectionPool;
  /** What connections want the user to know. */
  readonly warnings: Warnings;
  readonly backends: Readonly<Partial<Record<Runtime, DeploymentBackend>>>;
  readonly controller: NodeSpec;
  readonly versions: Versions;
}

export interface RunOptions extends Omit<SuiteOptions, 'resume' | 'recover'>, OpeningOptions {
  /** Asked, once the project is this run's own, how an earlier run is continued; default `null`: none is. */
  readonly resume?: (() => Promise<Outcome<ResumePlan>>) | null;
  /** Given as soon as there is a run: whoever ends the process early wants to say what is left, and how it ended. */
  readonly onOpened?: (opened: UnderWay) => void;
  /** Who is told; made once the run has a name. What they want to say themselves, all of them are told. */
  readonly reporters: (run: RunFolder, tell: Emit) => Promise<readonly Reporter[]>;
  /** What is missing of what is shown or kept, such as a reporter that broke; the run goes on without it. */
  readonly onDefect: (error: Error) => void;
}

/** A run, for whoever may end the process in the middle of it. */
export interface UnderWay {
  readonly journal: Journal;
  /** See `SuiteDocuments`. */
  readonly correct: SuiteDocuments['correct'];
}

/**
 * Runs a plan from the first event to the last file.
 *
 * @returns The failure where not even a folder for results could be made.
 */
export async function runSuite(
  plan: SuitePlan,
  adapters: Adapters,
  options: RunOptions,
): Promise<Outcome<SuiteSummary>> {
  const begun = await openRun(plan, adapters, options);
  if (!begun.ok) return begun;
  try {
    return await carryOutIn(begun.value, plan, adapters, options);
  } finally {
    await begun.value.close();
  }
}

async function carryOutIn(
  run: OpenedRun,
  plan: SuitePlan,
  adapters: Adapters,
  options: RunOptions,
): Promise<Outcome<SuiteSummary>> {
  const { clock } = adapters;
  const { folder, warnings, journal, earlier, signal } = run;
  const redactor = createRedactor(plan.secrets);
  const metrics = new Map<string, readonly LoadPoint[]>();
  const reserved = await reserveSummary(folder.path, plan.scenarios.length);
  if (!reserved.ok) return reserved;
  const summaryFile = reserved.value;
  const documents = createSuiteDocuments({
    ...{ plan, adapters, folder, summaryFile, metrics, mask: redactor.text },
  });
  options.onOpened?.({ journal, correct: documents.correct });
  const opened = await openEventLog(path.join(folder.path, EVENTS));
  if (!opened.ok) {
    await summaryFile.release();
    return opened;
  }
  const eventLog = opened.value;

  const warned = createWarningFold();
  const told: Reporter[] = [eventLog, collectMetrics(metrics), collectWarnings(warned)];
  const emit = stampWith(clock, redactor.text, (event) => reporter.on(event));
  told.push(...(await options.reporters(folder, emit)));
  const reporter = createTee(told, (error) => options.onDefect(brokenReporter(error)));
  let leases: LeaseKeeper | null = null;
  let summary: SuiteSummary;
  try {
    for (const message of warnings) emit({ type: 'warning', message });
    adapters.warnings.listen((message) => emit({ type: 'warning', message }));
    const withoutLeases = {
      ...adapters,
      run: folder.id,
      root: plan.root,
      nodes: plan.nodes,
      suiteHooks: plan.hooks,
      journal,
      facts: new Map<string, NodeFacts>(),
      before: new Map<string, NodeBefore>(),
      kept: new Map<string, readonly string[]>(),
      dirty: new Map<string, DirtyNode>(),
      secrets: plan.secrets,
      emit,
    };
    leases = createLeaseKeeper(withoutLeases, {
      nodes: allNodesOf(plan),
      leaseMs: plan.leaseTimeoutMs,
      waitMs: options.waitLockMs ?? 0,
      keptOn: (machine) => keptOn(earlier.list(), machine),
      signal,
    });
    const context = { ...withoutLeases, leases };
    const resume = (await options.resume?.()) ?? null;
    if (resume?.ok === false) return resume;
    summary = await carryOut(
      plan,
      context,
      folder,
      {
        ...options,
        signal,
        resume: resume?.value ?? null,
        recover: () => recoverBeforeSuite(earlier, context, signal),
      },
      { ...documents, warnings: () => warned.list() },
    );
  } finally {
    // Only after a bug is there anything to release.
    await leases?.releaseAll();
    // The next run need not wait until the last of those who are told has been told.
    await run.close();
    const unheard = hearOfStop(options.signal, emit);
    await reporter.close();
    unheard();
    await summaryFile.release();
    const lost = eventLog.failure();
    if (lost) options.onDefect(new Error(`${EVENTS} is incomplete: ${lost.message}`));
  }
  return { ok: true, value: withLateStop(summary, options, documents) };
}

function brokenReporter(cause: unknown): Error {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new Error(`this is a bug, and something of the run is not shown: ${message}`, { cause });
}

/** For what comes when the run is over, and somebody is still being told of it. */
function hearOfStop(signal: AbortSignal, emit: Emit): () => void {
  if (signal.aborted) return () => undefined;
  return onAbort(signal, () => {
    emit({ type: 'warning', message: `${whyStopped(signal)}: nothing more is waited for` });
  });
}

/** What the process returns, and what is written, are the same, also where the run was stopped when all had been written. */
function withLateStop(
  summary: SuiteSummary,
  { signal, onDefect }: Pick<RunOptions, 'signal' | 'onDefect'>,
  documents: SuiteDocuments,
): SuiteSummary {
  const reason: unknown = signal.reason;
  if (!(reason instanceof Interruption)) return summary;
  const { exitCode } = reason;
  const corrected = stoppedLate(summary, exitCode);
  if (corrected.exit_code === summary.exit_code) return summary;
  for (const { message } of documents.correct(exitCode)) onDefect(new Error(message));
  return corrected;
}

function collectMetrics(metrics: Map<string, readonly LoadPoint[]>): Reporter {
  return {
    on(event: StampedEvent) {
      if (event.type === 'scenario_finished') metrics.set(event.scenario, event.metrics);
    },
    close: () => Promise.resolve(),
  };
}

function collectWarnings(warned: WarningFold): Reporter {
  return { on: (event) => warned.add(warningsOf(event)), close: () => Promise.resolve() };
}
