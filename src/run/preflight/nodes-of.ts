import { CONTROLLER, type NodeSpec } from '../../model/node.js';
import type { SuitePlan } from '../../model/plan.js';

/** The nodes of a suite, each once, in the order of the configuration. */
export function nodesOf(plan: SuitePlan): readonly NodeSpec[] {
  const nodes = new Map(
    plan.scenarios.flatMap(({ nodes }) => nodes.map((node) => [node.name, node] as const)),
  );
  return [...nodes.values()].filter(({ name }) => name !== CONTROLLER);
}
