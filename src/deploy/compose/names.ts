import { createHash } from 'node:crypto';

import { runLabels } from '../../model/run-identity.js';
import type { ServiceSpec } from '../../model/service.js';
import type { Deployment } from '../backend.js';

/** Compose's own label on everything that it makes. Project names are ours alone, so this is how all is found again. */
const PROJECT_LABEL = 'com.docker.compose.project';
const SERVICE_LABEL = 'playbook.service';

/** How much of a project's name is there for people to read. */
const READABLE_LENGTH = 30;

/**
 * The compose project of a deployment: valid for every version, and unique also where two nodes are one machine or two
 * people start a run in the same second (their working folders differ).
 */
export function projectName({ run, scenario, node, workingFolder }: Deployment): string {
  const identity = [run, scenario, node.name, workingFolder].join('\0');
  const hash = createHash('sha256').update(identity).digest('hex').slice(0, 10);
  const readable = slug(`${scenario}-${node.name}`).slice(0, READABLE_LENGTH);
  return `playbook-${readable}-${hash}`;
}

/** The labels of everything that belongs to a deployment. */
export function deploymentLabels(deployment: Deployment): Record<string, string> {
  return {
    ...runLabels(deployment),
    'playbook.scenario': deployment.scenario,
    'playbook.node': deployment.node.name,
  };
}

/** Those of a container of one service instance. */
export function containerLabels(
  deployment: Deployment,
  service: ServiceSpec,
): Record<string, string> {
  return { ...deploymentLabels(deployment), [SERVICE_LABEL]: service.id };
}

/** A `--filter` for everything of a deployment. */
export function projectFilter(deployment: Deployment): string {
  return `label=${PROJECT_LABEL}=${projectName(deployment)}`;
}

/** A second `--filter`, for the containers of one service. */
export function serviceFilter(service: ServiceSpec): string {
  return `label=${SERVICE_LABEL}=${service.id}`;
}

/** Only `a-z`, `0-9`, `_` and `-`, as names of projects and files may have. */
export function slug(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9_-]+/g, '-');
}
