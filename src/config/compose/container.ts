import type { ContainerSpec, GpuReservation } from '../../model/service.js';
import { parseDuration } from '../value/duration.js';
import type { YamlMap, YamlNode } from '../yaml/tree.js';
import type { ComposeService } from './model.js';
import { readPublishedPorts } from './ports.js';
import { textOf } from './text-of.js';

/** What compose gives a service that says nothing. */
const STOP_GRACE_PERIOD_MS = 10_000;

/**
 * What can be said here of a service that will run as a container. Compose reads the file itself, on the node and with its
 * variables: what is not clear here is left open, and nothing is a mistake.
 */
export function resolveContainer({ map }: ComposeService): ContainerSpec {
  return {
    image: textOf(map.entries.get('image')?.value),
    isBuilt: map.entries.has('build'),
    platform: textOf(map.entries.get('platform')?.value),
    pullPolicy: textOf(map.entries.get('pull_policy')?.value),
    ports: readPublishedPorts(map).map(({ published }) => published),
    containerName: textOf(map.entries.get('container_name')?.value),
    stopGracePeriodMs: readGrace(map),
    gpus: readGpus(map),
  };
}

function readGrace({ entries }: YamlMap): number {
  const written = textOf(entries.get('stop_grace_period')?.value);
  return (written === null ? undefined : parseDuration(written)) ?? STOP_GRACE_PERIOD_MS;
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
