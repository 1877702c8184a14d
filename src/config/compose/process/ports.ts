import type { Report } from '../../problem-log.js';
import { describe, type YamlMap } from '../../yaml/tree.js';
import { fail, readMap, valueOf, type Placed } from '../reader.js';

/** `[HOST_IP:][PUBLISHED:]TARGET[/PROTOCOL]`, numbers or ranges. */
const SHORT =
  /^(?:(?:\[[0-9a-fA-F:]+\]|\d+(?:\.\d+){3}|\*):)?(?:(\d+(?:-\d+)?)?:)?(\d+(?:-\d+)?)(?:\/\w+)?$/;

/**
 * The port mappings of a service that a plain process cannot honour, because it listens on its own port: those that
 * publish another one. As they are written.
 */
export function findRenumberedPorts(report: Report, service: Placed<YamlMap>): readonly string[] {
  const value = valueOf(service, 'ports');
  if (!value) return [];
  if (value.node.kind !== 'sequence') {
    fail(report, value, `must be a list; got ${describe(value.node)}`);
    return [];
  }
  return value.node.items.flatMap((node, index): string[] => {
    const port = readPort(report, { node, path: [...value.path, index] });
    return port?.published !== undefined && port.published !== port.target
      ? [`${port.published}:${port.target}`]
      : [];
  });
}

function readPort(
  report: Report,
  value: Placed,
): { published: string | undefined; target: string } | undefined {
  const { node } = value;
  if (node.kind === 'scalar') {
    const match = SHORT.exec(node.source);
    if (match?.[2] !== undefined) return { published: match[1], target: match[2] };
    fail(
      report,
      value,
      `is no port mapping: ${describe(node)}`,
      'write "8000", "18008:8000" or "127.0.0.1:18008:8000", in quotes',
    );
    return undefined;
  }
  const map = readMap(report, value);
  const target = map && valueOf(map, 'target');
  if (!map) return undefined;
  if (target?.node.kind !== 'scalar') {
    fail(report, value, '`target` is missing: the port in the container');
    return undefined;
  }
  const published = valueOf(map, 'published')?.node;
  return {
    published: published?.kind === 'scalar' ? published.source : undefined,
    target: target.node.source,
  };
}
