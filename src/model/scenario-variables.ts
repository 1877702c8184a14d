import type { NodeSpec } from './node.js';

/** The variable that holds the address of a node: `SCENARIO_HOST_NODE1`. */
function hostVariable(node: string): string {
  return `SCENARIO_HOST_${variableName(node)}`;
}

/** Those of several nodes, as scripts and compose files see them. */
export function hostVariables(nodes: readonly NodeSpec[]): Readonly<Record<string, string>> {
  return Object.fromEntries(nodes.map(({ name, host }) => [hostVariable(name), host]));
}

/** Upper case; what a variable's name cannot hold becomes `_`. */
export function variableName(name: string): string {
  return name.toUpperCase().replace(/[^A-Z0-9_]/g, '_');
}
