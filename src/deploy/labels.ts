import { runMarks } from '../model/run-identity.js';
import type { ServiceSpec } from '../model/service.js';
import type { Deployment } from './backend.js';

/**
 * The variables by which everything of a deployment is found again on a node, whoever started it and whatever became of
 * that. Two nodes may be one machine, hence the node's name.
 */
export function deploymentLabels(deployment: Deployment): Record<string, string> {
  return {
    ...runMarks(deployment),
    PLAYBOOK_SCENARIO: deployment.scenario,
    PLAYBOOK_NODE: deployment.node.name,
  };
}

/** Those of one service instance. */
export function serviceLabels(
  deployment: Deployment,
  service: ServiceSpec,
): Record<string, string> {
  return { ...deploymentLabels(deployment), PLAYBOOK_SERVICE: service.id };
}

/** As they stand in a process's environment: `NAME=value`. */
export function asAssignments(labels: Readonly<Record<string, string>>): string[] {
  return Object.entries(labels).map(([name, value]) => `${name}=${value}`);
}
