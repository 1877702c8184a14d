import type { Dependency, DependencyCondition } from '../../../model/service.js';
import type { SourceLocation } from '../../../model/source.js';
import type { Report } from '../../problem-log.js';
import { suggest } from '../../value/nearest.js';
import { locateNode, renderPath } from '../../yaml/tree.js';
import type { Deployed, Instance } from './instances.js';
import { textOf } from './placement.js';

/** That one service waits for another, as one of the files says it. */
interface Wish {
  /** `name`, or `name@node`. */
  readonly target: string;
  /** `undefined`: whatever suits the other service. */
  readonly condition: DependencyCondition | undefined;
  readonly isRequired: boolean;
  readonly from: 'compose' | 'metadata';
  readonly at: SourceLocation;
  readonly path: string;
}

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

const CONDITIONS = Object.keys(STRICTNESS) as readonly DependencyCondition[];

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
  const find = (wish: Wish) => findTargets(wish, deployed, byName, byId, report);

  const edges = new Map<string, readonly Edge[]>();
  for (const instance of deployed.instances) {
    const joined = new Map<string, Edge>();
    for (const wish of wishesOf(instance, report)) {
      for (const target of find(wish)) {
        const edge = toEdge(wish, target.id, hasCheck(target.id));
        joined.set(target.id, join(joined.get(target.id), edge, wish));
      }
    }
    for (const edge of joined.values()) checkCondition(edge, hasCheck, report);
    edges.set(instance.id, [...joined.values()]);
  }
  return edges;
}

function wishesOf({ service, entry }: Instance, report: Report): readonly Wish[] {
  const compose = service.dependsOn.map((dependency): Wish => ({
    ...dependency,
    target: dependency.service,
    from: 'compose',
  }));
  // Reading them all tells of variables that are not set.
  if (!entry?.get('depends_on')) return compose;
  const metadata = entry.items('depends_on').flatMap(({ node, path }): Wish[] => {
    const wish = { isRequired: true, from: 'metadata', at: locateNode(node) } as const;
    if (node.kind === 'map') {
      const service = node.entries.get('service')?.value;
      const condition = node.entries.get('condition')?.value;
      const target = service && textOf(service);
      if (target === undefined) return [];
      return [
        {
          ...wish,
          target,
          condition: CONDITIONS.find((known) => condition && textOf(condition) === known),
          path: renderPath([...path, 'service']),
        },
      ];
    }
    const target = textOf(node);
    return target === undefined
      ? []
      : [{ ...wish, target, condition: undefined, path: renderPath(path) }];
  });
  const isTwice = new Set<string>();
  for (const { target, at, path } of metadata) {
    if (isTwice.has(target)) {
      report({ severity: 'warning', at, path, message: `\`${target}\` is listed twice` });
    }
    isTwice.add(target);
  }
  return [...compose, ...metadata];
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
        wish.from === 'compose'
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
