import type { PublishedPort } from '../../../model/service.js';
import { type PlacedPort, readPublishedPorts } from '../../compose/ports.js';
import type { Report } from '../../problem-log.js';
import type { Edge } from './dependencies.js';
import type { Instance } from './instances.js';

/** Reports containers of one node that publish the same port, each pair once: the second could never start. */
export function reportSharedPorts(
  instances: readonly Instance[],
  edges: ReadonlyMap<string, readonly Edge[]>,
  report: Report,
): void {
  const seen = new Map<string, { readonly instance: Instance; readonly port: PlacedPort }[]>();
  const told = new Set<string>();
  for (const instance of instances) {
    const { service, node } = instance;
    if (node.runtime !== 'docker') continue;
    for (const port of readPublishedPorts(service.map)) {
      const key = `${node.name} ${nameOf(port.published)}`;
      const earlier = seen.get(key) ?? [];
      const other = earlier.find(
        (each) =>
          each.instance.id !== instance.id &&
          overlap(each.port.published, port.published) &&
          !isOverBefore(each.instance.id, instance.id, edges) &&
          !isOverBefore(instance.id, each.instance.id, edges),
      );
      seen.set(key, [...earlier, { instance, port }]);
      if (!other || told.has(`${other.instance.id} ${instance.id}`)) continue;
      told.add(`${other.instance.id} ${instance.id}`);
      const { file, line } = other.port.at;
      report({
        severity: 'error',
        at: port.at,
        path: `services.${service.name}.${port.path}`,
        message: `port ${nameOf(port.published)} of ${node.name} is published by ${other.instance.service.name}, too, in ${file}:${line}`,
        hint: 'publish another port, or put the two on different nodes',
      });
    }
  }
}

function nameOf({ port, protocol }: PublishedPort): string {
  return protocol === 'tcp' ? String(port) : `${port}/${protocol}`;
}

function overlap(one: PublishedPort, other: PublishedPort): boolean {
  return one.address === null || other.address === null || one.address === other.address;
}

/** Whether a one-shot has ended, and its ports are free again, when another service is started. */
function isOverBefore(
  oneShot: string,
  later: string,
  edges: ReadonlyMap<string, readonly Edge[]>,
): boolean {
  const pending = [later];
  const reached = new Set(pending);
  for (const id of pending) {
    for (const { service, condition } of edges.get(id) ?? []) {
      if (service === oneShot && condition === 'service_completed_successfully') return true;
      if (reached.has(service)) continue;
      reached.add(service);
      pending.push(service);
    }
  }
  return false;
}
