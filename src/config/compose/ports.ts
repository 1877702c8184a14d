import type { PublishedPort } from '../../model/service.js';
import type { SourceLocation } from '../../model/source.js';
import { locateNode, renderPath, type YamlMap, type YamlNode } from '../yaml/tree.js';
import { textOf } from './text-of.js';

/** A port with the place where it is written. */
export interface PlacedPort {
  readonly published: PublishedPort;
  readonly at: SourceLocation;
  /** In its service: `ports[0]`. */
  readonly path: string;
}

/** More ports than this are not listed one by one. */
const LONGEST_RANGE = 1_000;
const PORT = /^\d{1,5}$/;

/** An entry of `ports` of a compose file, as it is written. */
interface Mapping {
  readonly address: string;
  readonly published: string;
  readonly target: string;
  readonly protocol: string;
}

/** Where a container is reached on its node, as far as that is said. */
export function readPublishedPorts({ entries }: YamlMap): readonly PlacedPort[] {
  if (textOf(entries.get('network_mode')?.value) === 'host') return [];
  return readPorts(entries.get('ports')?.value, ({ published, target }) => {
    const ports = readRange(published);
    // Of several ports for a single one docker takes the first that is free.
    return ports.length > 1 && readRange(target).length !== ports.length ? [] : ports;
  });
}

/** Where a process listens that nobody puts into a container: on its own ports, whatever is published. */
export function readOwnPorts({ entries }: YamlMap): readonly PlacedPort[] {
  return readPorts(entries.get('ports')?.value, ({ target }) => readRange(target));
}

function readPorts(
  node: YamlNode | undefined,
  select: (mapping: Mapping) => readonly number[],
): readonly PlacedPort[] {
  if (node?.kind !== 'sequence') return [];
  return node.items.flatMap((item, index) => {
    const mapping = item.kind === 'map' ? readLong(item) : readShort(textOf(item) ?? '');
    if (mapping === null) return [];
    const place = { at: locateNode(item), path: renderPath(['ports', index]) };
    return portsAt(select(mapping), mapping).map((published) => ({ published, ...place }));
  });
}

function readLong({ entries }: YamlMap): Mapping {
  const value = (key: string) => textOf(entries.get(key)?.value) ?? '';
  return {
    address: value('host_ip'),
    published: value('published'),
    target: value('target'),
    protocol: value('protocol') || 'tcp',
  };
}

/** `[[ADDRESS:][PUBLISHED]:]TARGET[/PROTOCOL]`. */
function readShort(text: string): Mapping | null {
  const match = /^(?:(?:(.*):)?([\d-]*):)?([\d-]+)(?:\/(\w+))?$/.exec(text);
  if (!match) return null;
  const [, address = '', published = '', target = '', protocol = 'tcp'] = match;
  return { address, published, target, protocol };
}

function portsAt(
  ports: readonly number[],
  { address, protocol }: Mapping,
): readonly PublishedPort[] {
  if (protocol !== 'tcp' && protocol !== 'udp') return [];
  const bare = address.replace(/^\[|\]$/g, '');
  const isEverywhere = ['', '*', '0.0.0.0', '::'].includes(bare);
  return ports.map((port) => ({ address: isEverywhere ? null : bare, port, protocol }));
}

function readRange(text: string): readonly number[] {
  const [first = '', last = first] = text.split('-');
  if (!PORT.test(first) || !PORT.test(last)) return [];
  const [from, to] = [Number(first), Number(last)];
  // 0 is any port that is free.
  if (from === 0 || to < from || to > 65_535 || to - from >= LONGEST_RANGE) return [];
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
