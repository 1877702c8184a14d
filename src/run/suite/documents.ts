import path from 'node:path';

import type { Clock } from '../../async/clock.js';
import type { Failure, Outcome } from '../../model/failure.js';
import type { NodeSpec } from '../../model/node.js';
import type { SuitePlan } from '../../model/plan.js';
import type { LoadPoint, SuiteSummary } from '../../model/result.js';
import type { ConnectionPool } from '../../remote/pool/pool.js';
import { renderSuiteReport } from '../../report/markdown/suite-report.js';
import { documentNode } from '../../results/configuration.js';
import { maskStrings, renderJson } from '../../results/document.js';
import { SUITE_SUMMARY, TEST_REPORT } from '../../results/layout.js';
import type { ReservedFile } from '../../results/files/reserved-file.js';
import type { Versions } from '../../results/metadata.js';
import { type Provenance, gatherProvenance } from '../../results/provenance.js';
import type { RunFolder } from '../../results/store.js';
import { nodesOf } from '../preflight/nodes-of.js';
import { stoppedLate } from './verdict.js';

/** What is written of a run as a whole: `suite_summary.json` and the report. */
export interface SuiteDocuments {
  /** For people. */
  readonly writeReport: (summary: SuiteSummary) => Promise<Outcome<void>>;
  /** For programs, once it is known whether the rest could be written: where it is, the run is over. */
  readonly writeSummary: (summary: SuiteSummary) => Promise<Outcome<void>>;
  /**
   * Corrects what was written already, where the run is stopped after that. Synchronous: the process may be about to end.
   *
   * @returns What could not be written; none where nothing was written before.
   */
  readonly correct: (exitCode: number) => readonly Failure[];
}

export interface Written {
  readonly plan: SuitePlan;
  readonly adapters: {
    readonly clock: Clock;
    readonly pool: ConnectionPool;
    readonly controller: NodeSpec;
    readonly versions: Versions;
  };
  readonly folder: RunFolder;
  /** `suite_summary.json`, for which there is room. */
  readonly summaryFile: ReservedFile;
  readonly metrics: ReadonlyMap<string, readonly LoadPoint[]>;
  readonly mask: (text: string) => string;
}

export function createSuiteDocuments(about: Written): SuiteDocuments {
  const { plan, folder, summaryFile, adapters, mask } = about;
  let origin: Provenance | null = null;
  let last: SuiteSummary | null = null;
  return {
    async writeReport(summary) {
      const { pool, controller } = adapters;
      const provenance = await pool.use(controller, (connection) =>
        gatherProvenance(connection, plan.root, path.join(plan.root, 'config')),
      );
      origin = provenance.ok && provenance.value.ok ? provenance.value.value : null;
      if (origin === null) return { ok: true, value: undefined };
      return folder.write(TEST_REPORT, renderReport(about, summary, origin));
    },
    writeSummary(summary) {
      last = summary;
      return summaryFile.write(renderJson(summary, mask));
    },
    correct(exitCode) {
      if (last === null) return [];
      const ended_at = new Date(adapters.clock.now()).toISOString();
      const summary = { ...stoppedLate(last, exitCode), ended_at };
      const written = [
        ...(origin === null
          ? []
          : [folder.writeNow(TEST_REPORT, renderReport(about, summary, origin))]),
        folder.writeNow(SUITE_SUMMARY, renderJson(summary, mask)),
      ];
      return written.flatMap((outcome) => (outcome.ok ? [] : [outcome.failure]));
    },
  };
}

function renderReport(
  { plan, adapters, metrics, mask }: Written,
  summary: SuiteSummary,
  origin: Provenance,
): string {
  const { versions } = adapters;
  return renderSuiteReport({
    summary: maskStrings(summary, mask),
    // Events are masked where they are stamped.
    metrics,
    metadata: maskStrings(
      { nodes: nodesOf(plan).map(documentNode), versions, provenance: origin },
      mask,
    ),
  });
}
