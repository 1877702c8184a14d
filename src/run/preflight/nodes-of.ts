import { CONTROLLER, type NodeSpec } from '../../model/node.js';
import type { SuitePlan } from '../../model/plan.js';
import { nodesOfHooks } from '../../plan/machines.js';

/** The nodes that the scenarios of a suite use, each once, in the order of the configuration. */
export function nodesOf({ scenarios, nodes }: SuitePlan): readonly NodeSpec[] {
  const used = new Set(scenarios.flatMap((each) => each.nodes.map(({ name }) => name)));
  return nodes.filter(({ name }) => name !== CONTROLLER && used.has(name));
}

/** Those on which nothing but hooks runs. */
export function nodesOfHooksOnly(plan: SuitePlan): readonly NodeSpec[] {
  const used = new Set(nodesOf(plan).map(({ name }) => name));
  const hooks = [...plan.hooks, ...plan.scenarios.flatMap(({ scenario }) => scenario.hooks)];
  const named = new Set(nodesOfHooks(hooks));
  return plan.nodes.filter(({ name }) => named.has(name) && !used.has(name));
}

/** Every node on which a suite runs something. Where that is only hooks there are no containers, and may be no docker. */
export function allNodesOf(plan: SuitePlan): readonly NodeSpec[] {
  const onlyForHooks = nodesOfHooksOnly(plan).map(
    (node) => ({ ...node, runtime: 'process' }) as const,
  );
  return [...nodesOf(plan), ...onlyForHooks];
}
