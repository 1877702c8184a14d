import path from 'node:path';

import type { Clock } from '../../async/clock.js';
import type { DeploymentBackend } from '../../deploy/backend.js';
import type { StampedEvent } from '../../model/event.js';
import type { Failure, Outcome } from '../../model/failure.js';
import type { NodeFacts } from '../../model/node-facts.js';
import type { NodeSpec, Runtime } from '../../model/node.js';
import type { LoadPoint, SuiteSummary } from '../../model/result.js';
import type { SuitePlan } from '../../model/plan.js';
import { createRedactor } from '../../remote/redaction.js';
import type { ConnectionPool } from '../../remote/pool/pool.js';
import { renderSuiteReport } from '../../report/markdown/suite-report.js';
import type { Reporter } from '../../report/reporter.js';
import { createTee } from '../../report/reporters/tee.js';
import { maskStrings, renderJson } from '../../results/document.js';
import { openEventLog } from '../../results/event-log.js';
import { EVENTS, SUITE_SUMMARY, TEST_REPORT } from '../../results/layout.js';
import { documentNode } from '../../results/configuration.js';
import type { Versions } from '../../results/metadata.js';
import { gatherProvenance } from '../../results/provenance.js';
import type { RunFolder } from '../../results/store.js';
import { type WarningFold, createWarningFold, warningsOf } from '../../results/warnings.js';
import { stampWith } from '../events.js';
import type { Journal } from '../journal/journal.js';
import { keptOn } from '../journal/read-journal.js';
import { type OpenedRun, type OpeningOptions, openRun } from './opening.js';
import { recoverBeforeSuite } from '../recovery/before-suite.js';
import type { DirtyNode } from '../isolation/dirty-node.js';
import type { NodeBefore } from '../isolation/node-before.js';
import { type LeaseKeeper, createLeaseKeeper } from '../lease/keeper.js';
import { allNodesOf, nodesOf } from '../preflight/nodes-of.js';
import type { ResumePlan } from '../resume/plan-resume.js';
import { carryOut } from './suite.js';
import type { SuiteOptions } from './suite-options.js';
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
  /** Given the journal as soon as there is one: whoever ends the process early wants to say what is left. */
  readonly onJournal?: (journal: Journal) => void;
  /** Who is told; made once the run has a name. */
  readonly reporters: (run: RunFolder) => Promise<readonly Reporter[]>;
  /** A reporter that broke; the run goes on without it. */
  readonly onDefect: (error: unknown) => void;
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
    const { signal } = begun.value;
    return await carryOutIn(begun.value, plan, adapters, { ...options, signal });
  } finally {
    await begun.value.close();
  }
}

async function carryOutIn(
  { folder, warnings, journal, earlier }: OpenedRun,
  plan: SuitePlan,
  adapters: Adapters,
  options: RunOptions,
): Promise<Outcome<SuiteSummary>> {
  const { clock } = adapters;
  options.onJournal?.(journal);
  const opened = await openEventLog(path.join(folder.path, EVENTS));
  if (!opened.ok) return opened;
  const eventLog = opened.value;

  const metrics = new Map<string, readonly LoadPoint[]>();
  const warned = createWarningFold();
  const reporter = createTee(
    [
      eventLog,
      collectMetrics(metrics),
      collectWarnings(warned),
      ...(await options.reporters(folder)),
    ],
    options.onDefect,
  );
  const redactor = createRedactor(plan.secrets);
  const emit = stampWith(clock, redactor.text, (event) => reporter.on(event));
  let leases: LeaseKeeper | null = null;
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
      signal: options.signal,
    });
    const context = { ...withoutLeases, leases };
    const resume = (await options.resume?.()) ?? null;
    if (resume?.ok === false) return resume;
    const summary = await carryOut(
      plan,
      context,
      folder,
      {
        ...options,
        resume: resume?.value ?? null,
        recover: () => recoverBeforeSuite(earlier, context, options.signal),
      },
      {
        warnings: () => warned.list(),
        write: (before) => writeSuite(plan, adapters, folder, before, metrics, redactor.text),
      },
    );
    return { ok: true, value: summary };
  } finally {
    // Only after a bug is there anything to release.
    await leases?.releaseAll();
    await reporter.close();
    const lost = eventLog.failure();
    if (lost) options.onDefect(new Error(`${EVENTS} is incomplete: ${lost.message}`));
  }
}

async function writeSuite(
  plan: SuitePlan,
  { pool, controller, versions }: Adapters,
  folder: RunFolder,
  summary: SuiteSummary,
  metrics: ReadonlyMap<string, readonly LoadPoint[]>,
  mask: (text: string) => string,
): Promise<readonly Failure[]> {
  const provenance = await pool.use(controller, (connection) =>
    gatherProvenance(connection, plan.root, path.join(plan.root, 'config')),
  );
  const origin = provenance.ok && provenance.value.ok ? provenance.value.value : null;
  const report =
    origin === null
      ? null
      : renderSuiteReport({
          summary: maskStrings(summary, mask),
          // Events are masked where they are stamped.
          metrics,
          metadata: maskStrings(
            { nodes: nodesOf(plan).map(documentNode), versions, provenance: origin },
            mask,
          ),
        });
  const written = [
    ...(report === null ? [] : [await folder.write(TEST_REPORT, report)]),
    await folder.write(SUITE_SUMMARY, renderJson(summary, mask)),
  ];
  return written.flatMap((outcome) => (outcome.ok ? [] : [outcome.failure]));
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
