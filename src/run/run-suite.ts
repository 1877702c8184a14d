import path from 'node:path';

import type { Clock } from '../async/clock.js';
import type { DeploymentBackend } from '../deploy/backend.js';
import type { StampedEvent } from '../model/event.js';
import type { Failure, Outcome } from '../model/failure.js';
import type { NodeFacts } from '../model/node-facts.js';
import type { NodeSpec, Runtime } from '../model/node.js';
import type { LoadPoint, SuiteSummary } from '../model/result.js';
import type { SuitePlan } from '../model/plan.js';
import { createRedactor } from '../remote/redaction.js';
import type { ConnectionPool } from '../remote/pool/pool.js';
import { renderSuiteReport } from '../report/markdown/suite-report.js';
import type { Reporter } from '../report/reporter.js';
import { createTee } from '../report/reporters/tee.js';
import { renderJson } from '../results/document.js';
import { openEventLog } from '../results/event-log.js';
import { EVENTS, SUITE_SUMMARY, TEST_REPORT } from '../results/layout.js';
import { documentNode } from '../results/configuration.js';
import type { Versions } from '../results/metadata.js';
import { gatherProvenance } from '../results/provenance.js';
import { type RunFolder, createRun } from '../results/store.js';
import { stampWith } from './events.js';
import type { Ledger } from './ledger.js';
import { markRunning } from './run-marker.js';
import { nodesOf } from './preflight/nodes-of.js';
import { type SuiteOptions, carryOut } from './suite.js';
import type { Warnings } from './warnings.js';

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

export interface RunOptions extends SuiteOptions {
  readonly ledger: Ledger;
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
  const { clock } = adapters;
  const created = await createRun(path.join(plan.root, 'results'), new Date(clock.now()));
  if (!created.ok) return created;
  const { folder, warnings } = created.value;
  const marked = await markRunning(plan.root, folder.id);
  if (!marked.ok) return marked;
  const opened = await openEventLog(path.join(folder.path, EVENTS));
  if (!opened.ok) return opened;
  const eventLog = opened.value;

  const metrics = new Map<string, readonly LoadPoint[]>();
  const reporter = createTee(
    [eventLog, collectMetrics(metrics), ...(await options.reporters(folder))],
    options.onDefect,
  );
  const redactor = createRedactor(plan.secrets);
  const emit = stampWith(clock, redactor.text, (event) => reporter.on(event));
  try {
    for (const message of warnings) emit({ type: 'warning', message });
    adapters.warnings.listen((message) => emit({ type: 'warning', message }));
    const context = {
      ...adapters,
      run: folder.id,
      root: plan.root,
      ledger: options.ledger,
      facts: new Map<string, NodeFacts>(),
      emit,
    };
    const summary = await carryOut(
      plan,
      { ...context, secrets: plan.secrets },
      folder,
      options,
      (before) => writeSuite(plan, adapters, folder, before, metrics, redactor.text),
    );
    return { ok: true, value: summary };
  } finally {
    await reporter.close();
    await marked.value();
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
          summary,
          metrics,
          metadata: {
            nodes: nodesOf(plan).map(documentNode),
            versions,
            provenance: origin,
          },
        });
  const written = [
    ...(report === null ? [] : [await folder.write(TEST_REPORT, mask(report))]),
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
