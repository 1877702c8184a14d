import type { Dependency, DependencyCondition } from '../../../model/service.js';
import type { SourceLocation } from '../../../model/source.js';
import type { Report } from '../../problem-log.js';
import { suggest } from '../../value/nearest.js';
import type { Deployed, Instance } from './instances.js';
import { type Wish, wishesOf } from './wishes.js';

/** A dependency with the place where it is written. */
export interface Edge extends Dependency {
  readonly at: SourceLocation;
  readonly path: string;
}

/** How strict a condition is: the higher waits for more. */
const STRICTNESS: Readonly<Record<DependencyCondition, number>> = {
  service_started: 0,
  service_healthy: 1,
  service_completed_successfully: 2,
};

/**
 * Joins what the compose file and `metadata.yaml` say about dependencies, and resolves it to instances: a dependency on
 * a service with several instances is one on each of them.
 *
 * @param hasCheck Whether an instance, by its id, has a health check.
 */
export function resolveDependencies(
  deployed: Deployed,
  hasCheck: (id: string) => boolean,
  report: Report,
): ReadonlyMap<string, readonly Edge[]> {
  const byName = new Map<string, Instance[]>();
  for (const instance of deployed.instances) {
    const { name } = instance.service;
    byName.set(name, [...(byName.get(name) ?? []), instance]);
  }
  const byId = new Map(deployed.instances.map((instance) => [instance.id, instance]));
  const find = (wish: Wish, { node, service }: Instance) => {
    const targets = findTargets(wish, deployed, byName, byId, report);
    if (wish.sharedBy === undefined || targets.length === 0) return targets;
    const beside = targets.filter((target) => target.node.name === node.name);
    if (beside.length === 0) reportApart(wish, service.name, node.name, targets, report);
    return beside;
  };

  const edges = new Map<string, readonly Edge[]>();
  for (const instance of deployed.instances) {
    const joined = new Map<string, Edge>();
    for (const wish of wishesOf(instance, report)) {
      for (const target of find(wish, instance)) {
        const edge = toEdge(wish, target.id, hasCheck(target.id));
        joined.set(target.id, join(joined.get(target.id), edge, wish));
      }
    }
    for (const edge of joined.values()) checkCondition(edge, hasCheck, report);
    edges.set(instance.id, [...joined.values()]);
  }
  return edges;
}

function findTargets(
  wish: Wish,
  deployed: Deployed,
  byName: ReadonlyMap<string, readonly Instance[]>,
  byId: ReadonlyMap<string, Instance>,
  report: Report,
): readonly Instance[] {
  const { target, at, path } = wish;
  const [name = '', nodeName] = target.split('@');
  if (nodeName === undefined && deployed.names.has(target)) return byName.get(target) ?? [];
  if (nodeName !== undefined && deployed.names.has(name)) {
    const instances = byName.get(name) ?? [];
    const instance = byId.get(target) ?? instances.find(({ node }) => node.name === nodeName);
    if (instance) return [instance];
    if (instances.length > 0) {
      const message = `${name} has no instance on a node \`${nodeName}\``;
      const hint = suggest(
        nodeName,
        instances.map(({ node }) => node.name),
        'its nodes',
      );
      report({ severity: 'error', at, path, message, hint });
    }
    return [];
  }
  if (wish.from === 'compose' && !wish.isRequired) return [];
  if (deployed.leftOut.has(name)) {
    report({
      severity: 'error',
      at,
      path,
      message: `depends on \`${name}\`, which this scenario does not deploy`,
      hint:
        wish.from === 'compose' && wish.sharedBy === undefined
          ? 'add it to `deployment.services`, or write `required: false` for this dependency'
          : 'add it to `deployment.services`',
    });
  } else {
    const hint = suggest(name, deployed.names, 'services of this scenario');
    report({
      severity: 'error',
      at,
      path,
      message: `depends on \`${target}\`, which does not exist`,
      hint,
    });
  }
  return [];
}

function reportApart(
  { target, sharedBy, at, path }: Wish,
  service: string,
  node: string,
  targets: readonly Instance[],
  report: Report,
): void {
  const places = targets.map((other) => other.node.name).join(', ');
  report({
    severity: 'error',
    at,
    path,
    message: `\`${sharedBy ?? ''}\` needs ${target} on the node of ${service}, ${node}; it is on ${places}`,
    hint: 'put both on one node',
  });
}

function toEdge(wish: Wish, service: string, hasCheck: boolean): Edge {
  return {
    service,
    condition: wish.condition ?? (hasCheck ? 'service_healthy' : 'service_started'),
    required: wish.isRequired,
    at: wish.at,
    path: wish.path,
  };
}

/** Two wishes for one dependency: the compose file's condition counts unless `metadata.yaml` names a stricter one. */
function join(earlier: Edge | undefined, edge: Edge, wish: Wish): Edge {
  if (!earlier) return edge;
  const required = earlier.required || edge.required;
  const isStricter =
    wish.condition !== undefined && STRICTNESS[edge.condition] > STRICTNESS[earlier.condition];
  return isStricter ? { ...edge, required } : { ...earlier, required };
}

function checkCondition(edge: Edge, hasCheck: (id: string) => boolean, report: Report): void {
  if (edge.condition !== 'service_healthy' || hasCheck(edge.service)) return;
  report({
    severity: 'error',
    at: edge.at,
    path: edge.path,
    message: `waits for ${edge.service} to be healthy, which has no health check`,
    hint: 'give it a `healthcheck:` in the compose file, or a `health_check:` in metadata.yaml',
  });
}
