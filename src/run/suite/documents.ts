import path from 'node:path';

import type { Clock } from '../../async/clock.js';
import type { Failure } from '../../model/failure.js';
import type { NodeSpec } from '../../model/node.js';
import type { SuitePlan } from '../../model/plan.js';
import type { LoadPoint, SuiteSummary } from '../../model/result.js';
import type { ConnectionPool } from '../../remote/pool/pool.js';
import { renderSuiteReport } from '../../report/markdown/suite-report.js';
import { documentNode } from '../../results/configuration.js';
import { maskStrings, renderJson } from '../../results/document.js';
import { SUITE_SUMMARY, TEST_REPORT } from '../../results/layout.js';
import type { Versions } from '../../results/metadata.js';
import { type Provenance, gatherProvenance } from '../../results/provenance.js';
import type { RunFolder } from '../../results/store.js';
import { nodesOf } from '../preflight/nodes-of.js';
import { stoppedLate } from './verdict.js';

/** What is written of a run as a whole: `suite_summary.json` and the report. */
export interface SuiteDocuments {
  readonly write: (summary: SuiteSummary) => Promise<readonly Failure[]>;
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
  readonly metrics: ReadonlyMap<string, readonly LoadPoint[]>;
  readonly mask: (text: string) => string;
}

export function createSuiteDocuments(about: Written): SuiteDocuments {
  const { plan, folder, adapters } = about;
  let last: { readonly summary: SuiteSummary; readonly origin: Provenance | null } | null = null;
  return {
    async write(summary) {
      const { pool, controller } = adapters;
      const provenance = await pool.use(controller, (connection) =>
        gatherProvenance(connection, plan.root, path.join(plan.root, 'config')),
      );
      const origin = provenance.ok && provenance.value.ok ? provenance.value.value : null;
      last = { summary, origin };
      const failures: Failure[] = [];
      for (const [name, content] of render(about, summary, origin)) {
        const written = await folder.write(name, content);
        if (!written.ok) failures.push(written.failure);
      }
      return failures;
    },
    correct(exitCode) {
      if (last === null) return [];
      const ended_at = new Date(adapters.clock.now()).toISOString();
      const summary = { ...stoppedLate(last.summary, exitCode), ended_at };
      return render(about, summary, last.origin).flatMap(([name, content]) => {
        const written = folder.writeNow(name, content);
        return written.ok ? [] : [written.failure];
      });
    },
  };
}

/** The summary last: where that is, the run is over. */
function render(
  { plan, adapters, metrics, mask }: Written,
  summary: SuiteSummary,
  origin: Provenance | null,
): readonly (readonly [name: string, content: string])[] {
  const json = [SUITE_SUMMARY, renderJson(summary, mask)] as const;
  if (origin === null) return [json];
  const { versions } = adapters;
  const report = renderSuiteReport({
    summary: maskStrings(summary, mask),
    // Events are masked where they are stamped.
    metrics,
    metadata: maskStrings(
      { nodes: nodesOf(plan).map(documentNode), versions, provenance: origin },
      mask,
    ),
  });
  return [[TEST_REPORT, report], json];
}
