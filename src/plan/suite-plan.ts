import type { Project } from '../model/project.js';
import type { ScenarioPlan, SuitePlan } from '../model/plan.js';
import type { ScenarioSpec } from '../model/scenario.js';
import { estimateDuration } from './estimate.js';
import { buildBatches, buildGraph } from './graph.js';
import { machinesOf } from './machines.js';
import { planOperations } from './operations.js';
import { type Selection, selectScenarios } from './selection.js';

export interface PlannedSuite {
  readonly plan: SuitePlan;
  /** Names that were asked for and that the project does not have. */
  readonly unknown: readonly string[];
}

/** What `run` would do with a selection of the project's scenarios. Pure: reads nothing, touches nothing. */
export function planSuite(project: Project, selection: Selection): PlannedSuite {
  const { selected, skipped, unknown } = selectScenarios(project, selection);
  const { waitBetweenScenariosMs, continueOnFailure } = project.interScenario;

  return {
    unknown,
    plan: {
      root: project.root,
      scenarios: selected.map((scenario) => planScenario(scenario, project)),
      skipped,
      waitBetweenScenariosMs,
      continueOnFailure,
      ...estimateDuration(selected, waitBetweenScenariosMs),
      nodes: project.nodes,
      hooks: project.hooks,
      webhooks: project.webhooks,
      leaseTimeoutMs: project.leaseTimeoutMs,
      secrets: project.secrets,
    },
  };
}

function planScenario(scenario: ScenarioSpec, project: Project): ScenarioPlan {
  const graph = buildGraph(scenario.services);
  const batches = buildBatches(graph);
  const machines = new Set(machinesOf(scenario));
  return {
    scenario,
    nodes: project.nodes.filter(({ name }) => machines.has(name)),
    batches,
    operations: planOperations(scenario, graph, batches),
  };
}
