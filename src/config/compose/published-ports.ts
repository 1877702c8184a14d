import type { PublishedPort } from '../../model/service.js';
import type { SourceLocation } from '../../model/source.js';
import { locateNode, renderPath, type YamlMap, type YamlNode } from '../yaml/tree.js';

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

/** The ports of a service that have one of their own on the node, as far as it is known here which. */
export function readPublishedPorts({ entries }: YamlMap): readonly PlacedPort[] {
  if (textOf(entries.get('network_mode')?.value) === 'host') return [];
  const node = entries.get('ports')?.value;
  if (node?.kind !== 'sequence') return [];
  return node.items.flatMap((item, index) => {
    const place = { at: locateNode(item), path: renderPath(['ports', index]) };
    return readPort(item).map((published) => ({ published, ...place }));
  });
}

function readPort(item: YamlNode): readonly PublishedPort[] {
  if (item.kind === 'map') return readLongPort(item);
  const text = textOf(item);
  return text === null ? [] : readShortPort(text);
}

/** `[ADDRESS:]PUBLISHED:TARGET[/PROTOCOL]`. */
function readShortPort(text: string): readonly PublishedPort[] {
  const match = /^(?:(.*):)?([\d-]*):([\d-]+)(?:\/(\w+))?$/.exec(text);
  if (!match) return [];
  const [, address = '', published = '', target = '', protocol = 'tcp'] = match;
  return portsOf(address, published, target, protocol);
}

function readLongPort({ entries }: YamlMap): readonly PublishedPort[] {
  const value = (key: string) => textOf(entries.get(key)?.value);
  return portsOf(
    value('host_ip') ?? '',
    value('published') ?? '',
    value('target') ?? '',
    value('protocol') ?? 'tcp',
  );
}

function portsOf(
  address: string,
  published: string,
  target: string,
  protocol: string,
): readonly PublishedPort[] {
  const ports = readRange(published);
  // Of several ports for a single one docker takes the first that is free.
  if (ports.length > 1 && readRange(target).length !== ports.length) return [];
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

/** `null` for what is no text, or depends on variables that are not set here. */
export function textOf(node: YamlNode | undefined): string | null {
  if (node?.kind !== 'scalar' || node.value === null || node.isIncomplete) return null;
  return node.source === '' ? null : node.source;
}
