import type { ContainerSpec, GpuReservation, PublishedPort } from '../../model/service.js';
import { parseDuration } from '../value/duration.js';
import type { YamlMap, YamlNode } from '../yaml/tree.js';
import type { ComposeService } from './model.js';

/** What compose gives a service that says nothing. */
const STOP_GRACE_PERIOD_MS = 10_000;
/** More ports than this are not listed one by one. */
const LONGEST_RANGE = 1_000;
const PORT = /^\d{1,5}$/;

/**
 * What can be said here of a service that will run as a container. Compose reads the file itself, on the node and with its
 * variables: what is not clear here is left open, and nothing is a mistake.
 */
export function resolveContainer({ map }: ComposeService): ContainerSpec {
  const isOnHostNetwork = textOf(map.entries.get('network_mode')?.value) === 'host';
  return {
    image: textOf(map.entries.get('image')?.value),
    isBuilt: map.entries.has('build'),
    platform: textOf(map.entries.get('platform')?.value),
    pullPolicy: textOf(map.entries.get('pull_policy')?.value),
    ports: isOnHostNetwork ? [] : readPorts(map.entries.get('ports')?.value),
    containerName: textOf(map.entries.get('container_name')?.value),
    stopGracePeriodMs: readGrace(map),
    gpus: readGpus(map),
  };
}

function readGrace({ entries }: YamlMap): number {
  const written = textOf(entries.get('stop_grace_period')?.value);
  return (written === null ? undefined : parseDuration(written)) ?? STOP_GRACE_PERIOD_MS;
}

/** `null` for what is no text, or depends on variables that are not set here. */
function textOf(node: YamlNode | undefined): string | null {
  if (node?.kind !== 'scalar' || node.value === null || node.isIncomplete) return null;
  return node.source === '' ? null : node.source;
}

function readPorts(node: YamlNode | undefined): readonly PublishedPort[] {
  if (node?.kind !== 'sequence') return [];
  return node.items.flatMap((item) => {
    if (item.kind === 'map') return readLongPort(item);
    const text = textOf(item);
    return text === null ? [] : readShortPort(text);
  });
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

/** `gpus`, `deploy.resources.reservations.devices`, or the runtime of NVIDIA's toolkit. */
function readGpus(map: YamlMap): GpuReservation | null {
  const own = map.entries.get('gpus')?.value;
  if (textOf(own) === 'all') return { count: 'all', devices: [] };
  const reserved = at(map, 'deploy', 'resources', 'reservations', 'devices');
  const requests = [own, reserved]
    .flatMap((list) => (list?.kind === 'sequence' ? list.items : []))
    .filter((item) => item.kind === 'map')
    .filter((request) => asksForGpu(request));
  const [first] = requests;
  if (first) return readRequest(first);
  return textOf(map.entries.get('runtime')?.value) === 'nvidia'
    ? { count: 'all', devices: [] }
    : null;
}

/** A request under `gpus` needs no capabilities. */
function asksForGpu({ entries }: YamlMap): boolean {
  const capabilities = entries.get('capabilities')?.value;
  if (capabilities?.kind !== 'sequence') return true;
  return capabilities.items.some((item) => ['gpu', 'nvidia'].includes(textOf(item) ?? ''));
}

function readRequest({ entries }: YamlMap): GpuReservation {
  const ids = entries.get('device_ids')?.value;
  const devices = ids?.kind === 'sequence' ? ids.items.flatMap((item) => textOf(item) ?? []) : [];
  if (devices.length > 0) return { count: devices.length, devices };
  const count = textOf(entries.get('count')?.value);
  return { count: count !== null && /^\d+$/.test(count) ? Number(count) : 'all', devices: [] };
}

function at(map: YamlMap, ...path: readonly string[]): YamlNode | undefined {
  let node: YamlNode | undefined = map;
  for (const key of path) node = node?.kind === 'map' ? node.entries.get(key)?.value : undefined;
  return node;
}
