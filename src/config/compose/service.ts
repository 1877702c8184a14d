import type { DependencyCondition } from '../../model/service.js';
import type { Report } from '../problem-log.js';
import { findNearest } from '../value/nearest.js';
import { describe, locateKey, locateNode, renderPath, type YamlMap } from '../yaml/tree.js';
import { readHealthCheck } from './health-check.js';
import { readImpliedDependencies } from './implied-dependencies.js';
import { DEPENDENCY_KEYS, SERVICE_KEYS } from './keys.js';
import type { ComposeDependency, ComposeService, LoadedService } from './model.js';
import {
  checkKeys,
  fail,
  isNull,
  readFlag,
  readMap,
  readText,
  readTexts,
  valueOf,
  type Placed,
} from './reader.js';

const CONDITIONS: readonly DependencyCondition[] = [
  'service_started',
  'service_healthy',
  'service_completed_successfully',
];

/** Reads what matters of a service however it runs. */
export function readService(report: Report, service: LoadedService): ComposeService {
  const placed: Placed<YamlMap> = { node: service.map, path: ['services', service.name] };
  checkKeys(report, placed, SERVICE_KEYS);
  const profiles = valueOf(placed, 'profiles');
  const image = valueOf(placed, 'image');
  if (image) readText(report, image);
  return {
    ...service,
    profiles: (profiles && readTexts(report, profiles, false)) ?? [],
    dependsOn: readDependencies(report, placed),
    implied: readImpliedDependencies(placed),
    healthCheck: readHealthCheck(report, placed),
    hasImage: image !== undefined || valueOf(placed, 'build') !== undefined,
  };
}

function readDependencies(report: Report, service: Placed<YamlMap>): readonly ComposeDependency[] {
  const value = valueOf(service, 'depends_on');
  if (!value) return [];
  const { node, path } = value;
  if (node.kind === 'sequence') {
    return node.items.flatMap((item, index): ComposeDependency[] => {
      const name = readText(report, { node: item, path: [...path, index] });
      if (name === undefined) return [];
      return [
        {
          service: name,
          condition: 'service_started',
          isRequired: true,
          at: locateNode(item),
          path: renderPath([...path, index]),
        },
      ];
    });
  }
  if (node.kind !== 'map') {
    fail(report, value, `must be a list or a map; got ${describe(node)}`);
    return [];
  }
  return [...node.entries.values()].flatMap((entry): ComposeDependency[] => {
    const placed: Placed = { node: entry.value, path: [...path, entry.key] };
    const at = { at: locateKey(entry), path: renderPath(placed.path) };
    const started = { service: entry.key, condition: 'service_started', isRequired: true } as const;
    if (isNull(entry.value)) return [{ ...started, ...at }];
    const map = readMap(report, placed);
    if (!map) return [];
    checkKeys(report, map, DEPENDENCY_KEYS);
    const condition = valueOf(map, 'condition');
    const required = valueOf(map, 'required');
    return [
      {
        ...started,
        ...at,
        condition: (condition && readCondition(report, condition)) ?? 'service_started',
        isRequired: (required && readFlag(report, required)) ?? true,
      },
    ];
  });
}

function readCondition(report: Report, value: Placed): DependencyCondition | undefined {
  const written = readText(report, value);
  if (written === undefined) return undefined;
  const condition = CONDITIONS.find((known) => known === written);
  if (!condition) {
    const nearest = findNearest(written, CONDITIONS);
    fail(
      report,
      value,
      `must be one of ${CONDITIONS.join(', ')}; got '${written}'`,
      nearest === undefined ? '' : `did you mean \`${nearest}\`?`,
    );
  }
  return condition;
}
