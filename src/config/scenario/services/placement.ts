import { type NodeSpec, UNCONFIGURED_NODE } from '../../../model/node.js';
import type { SourceLocation } from '../../../model/source.js';
import type { Section } from '../../check/section.js';
import type { Report } from '../../problem-log.js';
import { findNode, type NodeRegistry } from '../../project/nodes.js';
import type { MetadataFile } from '../../schema/metadata.js';
import { locateNode, renderPath, type YamlNode } from '../../yaml/tree.js';

type Deployment = NonNullable<MetadataFile['deployment']>;
export type ServiceEntry = NonNullable<Deployment['services']>[number];

/** Finds the nodes that services are placed on. */
export interface Placement {
  /** The node of that name, if it may be used; otherwise a problem at the place. */
  find(name: string, at: SourceLocation, path: string): NodeSpec | undefined;
  /** Where services go that name no node: `deployment.node`, or the only enabled node. */
  standard(): NodeSpec | undefined;
  /** Whether `deployment.node` is given. */
  readonly isStandardNamed: boolean;
  /** The nodes of an entry of `deployment.services`. */
  ofService(entry: Section<ServiceEntry>): readonly NodeSpec[];
  /** Names that were asked for, usable or not. */
  readonly named: ReadonlySet<string>;
}

/** Stands for a node as long as `nodes.yaml` cannot be read: nothing about it is checked. */
const UNKNOWN: NodeSpec = {
  ...UNCONFIGURED_NODE,
  name: 'unknown',
  runtime: 'docker',
  source: { file: '', line: 1, column: 1 },
};

export function createPlacement(
  registry: NodeRegistry | null,
  metadata: Section<MetadataFile>,
  report: Report,
): Placement {
  const deployment = metadata.section('deployment');
  const named = new Set<string>();
  let standard: { node: NodeSpec | undefined } | undefined;

  function find(name: string, at: SourceLocation, path: string): NodeSpec | undefined {
    if (!registry) return UNKNOWN;
    named.add(name);
    return findNode(registry, name, at, path, report);
  }

  function findStandard(): NodeSpec | undefined {
    const name = deployment?.get('node');
    if (name !== undefined)
      return find(name, deployment?.at('node') ?? metadata.at(), 'deployment.node');
    if (deployment?.isUnusable('node')) return undefined;
    if (!registry) return UNKNOWN;
    const [only, ...others] = registry.enabled;
    if (only && others.length === 0) {
      named.add(only.name);
      return only;
    }
    const names = registry.enabled.map((node) => node.name).join(', ');
    (deployment ?? metadata).error(
      null,
      only
        ? `no node is named, and there are several: ${names}`
        : 'no node is named, and none is enabled',
      only ? `write \`deployment: { node: ${only.name} }\`` : 'switch one on in nodes.yaml',
    );
    return undefined;
  }

  return {
    named,
    find,
    isStandardNamed: deployment?.has('node') ?? false,
    standard() {
      standard ??= { node: findStandard() };
      return standard.node;
    },
    ofService(entry) {
      if (entry.has('node') && entry.has('nodes')) {
        entry.error('nodes', '`node` and `nodes` cannot both be given', 'keep one of them');
      }
      if (entry.has('nodes')) return findSeveral(entry, find, report);
      if (entry.isUnusable('node')) {
        entry.get('node');
        return [];
      }
      const name = entry.get('node');
      const node =
        name === undefined
          ? this.standard()
          : find(name, entry.at('node'), renderPath([...entry.path, 'node']));
      return node ? [node] : [];
    },
  };
}

function findSeveral(
  entry: Section<ServiceEntry>,
  find: Placement['find'],
  report: Report,
): readonly NodeSpec[] {
  const found = new Map<string, NodeSpec>();
  const items = entry.items('nodes');
  if (items.length === 0 && !entry.isUnusable('nodes')) {
    entry.error('nodes', 'is empty, so the service would run nowhere', 'name at least one node');
  }
  // Reading them all tells of variables that are not set.
  if (!entry.get('nodes')) return [];
  for (const { node, path } of items) {
    const name = textOf(node);
    if (name === undefined) continue;
    const at = locateNode(node);
    if (found.has(name)) {
      report({
        severity: 'error',
        at,
        path: renderPath(path),
        message: `the node ${name} is listed twice`,
      });
      continue;
    }
    const spec = find(name, at, renderPath(path));
    if (spec) found.set(name, spec);
  }
  return [...found.values()];
}

export function textOf(node: YamlNode): string | undefined {
  return node.kind === 'scalar' && typeof node.value === 'string' ? node.value : undefined;
}
