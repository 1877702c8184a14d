import type { ForeignUse } from '../model/foreign-use.js';
import type { NodeFacts } from '../model/node-facts.js';
import type { Phase, ScenarioPlan } from '../model/plan.js';
import { documentNode, documentScenario } from './configuration.js';
import type { Provenance } from './provenance.js';

/** What this program and its surroundings are. */
export interface Versions {
  readonly playbook: string;
  /** Node.js. */
  readonly node: string;
  /** Operating system and architecture: `linux x64 6.8.0`. */
  readonly platform: string;
}

export interface MetadataInput {
  readonly run: string;
  /** 1-based. */
  readonly attempt: number;
  readonly plan: ScenarioPlan;
  readonly versions: Versions;
  readonly provenance: Provenance;
  /** By node: what it said of itself when it was checked. */
  readonly facts: ReadonlyMap<string, NodeFacts>;
  /** By node: what others did on it right before the scenario. */
  readonly foreign?: ReadonlyMap<string, ForeignUse>;
  /** How long each phase took, in the order in which they ended. */
  readonly timings: readonly { readonly phase: Phase; readonly duration_s: number }[];
}

export type TestMetadata = ReturnType<typeof buildTestMetadata>;

/** `test_metadata.json`: everything that was in force for a result. Mask it before it is written. */
export function buildTestMetadata({
  run,
  attempt,
  plan,
  versions,
  provenance,
  facts,
  foreign = new Map(),
  timings,
}: MetadataInput) {
  const { scenario, nodes, batches } = plan;
  const batchOf = new Map(
    batches.flatMap((batch, index) => batch.map((id) => [id, index + 1] as const)),
  );
  return {
    run,
    scenario: scenario.name,
    attempt,
    configuration: documentScenario(scenario),
    nodes: nodes.map((node) => ({ ...documentNode(node), facts: facts.get(node.name) ?? null })),
    plan: {
      batches,
      services: scenario.services.map(({ id, node, dependsOn }) => ({
        name: id,
        node,
        batch: batchOf.get(id) ?? 1,
        depends_on: dependsOn,
      })),
    },
    versions,
    provenance: {
      ...provenance,
      // `null`: nobody could look.
      foreign: Object.fromEntries(nodes.map(({ name }) => [name, foreign.get(name) ?? null])),
    },
    timings,
  };
}
