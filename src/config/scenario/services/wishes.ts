import type { DependencyCondition } from '../../../model/service.js';
import type { SourceLocation } from '../../../model/source.js';
import type { Report } from '../../problem-log.js';
import { locateNode, renderPath } from '../../yaml/tree.js';
import type { Instance } from './instances.js';
import { textOf } from './placement.js';

/** That one service waits for another, as one of the files says it. */
export interface Wish {
  /** `name`, or `name@node`. */
  readonly target: string;
  /** `undefined`: whatever suits the other service. */
  readonly condition: DependencyCondition | undefined;
  readonly isRequired: boolean;
  readonly from: 'compose' | 'metadata';
  /** The key by which it uses the other's container, which has to be on the same node. */
  readonly sharedBy?: string;
  readonly at: SourceLocation;
  readonly path: string;
}

const CONDITIONS: readonly DependencyCondition[] = [
  'service_started',
  'service_healthy',
  'service_completed_successfully',
];

/** Whom an instance waits for. What is implied comes last: whatever is said of the same dependency counts. */
export function wishesOf(instance: Instance, report: Report): readonly Wish[] {
  const { service } = instance;
  const compose = service.dependsOn.map((dependency): Wish => ({
    ...dependency,
    target: dependency.service,
    from: 'compose',
  }));
  return [...compose, ...metadataWishes(instance, report), ...impliedWishes(instance)];
}

/** A process shares nothing, which it is warned of. */
function impliedWishes({ service, node }: Instance): readonly Wish[] {
  if (node.runtime !== 'docker') return [];
  return service.implied.map(({ service: target, key, at, path }) => ({
    target,
    condition: 'service_started',
    isRequired: true,
    from: 'compose',
    sharedBy: key,
    at,
    path,
  }));
}

function metadataWishes({ entry }: Instance, report: Report): readonly Wish[] {
  // Reading them all tells of variables that are not set.
  if (!entry?.get('depends_on')) return [];
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
  return metadata;
}
