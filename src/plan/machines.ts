import { ALL_NODES, type HookSpec } from '../model/hook.js';
import { CONTROLLER } from '../model/node.js';
import type { ScenarioSpec } from '../model/scenario.js';

/** The machines a scenario touches: its nodes, and the controller where the script runs there. */
export function machinesOf({ nodes, testExecution }: ScenarioSpec): readonly string[] {
  return [...new Set([...nodes, testExecution.node])];
}

/** The machines that have to be a scenario's alone while it runs. Its hooks ask for theirs when they are called. */
export function leasedBy(scenario: ScenarioSpec): readonly string[] {
  return [...new Set([...machinesOf(scenario), CONTROLLER])];
}

/** Nodes that hooks name, whether a scenario uses them or not. */
export function nodesOfHooks(hooks: readonly HookSpec[]): readonly string[] {
  const names = hooks.map(({ node }) => node);
  return [...new Set(names)].filter((name) => name !== CONTROLLER && name !== ALL_NODES);
}
