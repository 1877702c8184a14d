import type { Report } from '../../problem-log.js';
import { locateKey, type YamlMap, type YamlNode } from '../../yaml/tree.js';
import { CONTAINER_ONLY_KEYS } from '../keys.js';
import { fail, isNull, readCount, valueOf, type Placed } from '../reader.js';
import { findRenumberedPorts } from './ports.js';

/**
 * Tells what a plain process cannot honour of a service: one warning for what has no effect, errors for what would make
 * it another service altogether.
 */
export function reportContainerOnly(report: Report, service: Placed<YamlMap>): void {
  const { node, path } = service;
  const ports = findRenumberedPorts(report, service);
  const idle = [...node.entries.values()].filter(({ key, value }) => {
    if (isNull(value)) return false;
    switch (key) {
      case 'ports':
        return ports.length > 0;
      case 'network_mode':
        return !(value.kind === 'scalar' && value.source === 'host');
      case 'restart':
        return !(value.kind === 'scalar' && (value.source === 'no' || value.value === false));
      case 'deploy':
        return (
          value.kind === 'map' && [...value.entries.keys()].some((inner) => inner !== 'replicas')
        );
      default:
        return CONTAINER_ONLY_KEYS.has(key) && !isSwitchedOff(value);
    }
  });
  const [first] = idle;
  if (first) {
    const keys = idle.map((entry) => {
      const what = entry.key === 'ports' ? `ports ${ports.join(', ')}` : entry.key;
      return `${what} (line ${locateKey(entry).line})`;
    });
    report({
      severity: 'warning',
      at: locateKey(first),
      path: [...path, first.key].join('.'),
      message: `has no effect under runtime process: ${keys.join(', ')}`,
      hint: ports.length > 0 ? 'a process listens on its own port, whatever is published' : '',
    });
  }
  refuseReplicas(report, service);
  const provider = valueOf(service, 'provider');
  if (provider) {
    fail(report, provider, 'a service that has a `provider` cannot run under runtime process');
  }
}

function isSwitchedOff(value: YamlNode): boolean {
  if (value.kind === 'scalar') return value.value === false;
  return value.kind === 'sequence' ? value.items.length === 0 : value.entries.size === 0;
}

function refuseReplicas(report: Report, service: Placed<YamlMap>): void {
  const deploy = valueOf(service, 'deploy');
  const replicas =
    deploy?.node.kind === 'map'
      ? valueOf({ node: deploy.node, path: deploy.path }, 'replicas')
      : undefined;
  for (const value of [valueOf(service, 'scale'), replicas]) {
    const count = value && readCount(report, value, 0);
    if (!value || count === undefined || count === 1) continue;
    fail(
      report,
      value,
      `a process runs once, not ${count} times`,
      'give each instance a service, or list `nodes:` in metadata.yaml',
    );
  }
}
