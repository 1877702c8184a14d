import type { NodeSpec } from '../../../model/node.js';
import type { ScenarioSpec } from '../../../model/scenario.js';
import type { PublishedPort, Readiness, ServiceSpec } from '../../../model/service.js';

/** A port of a node that a service has while it runs. */
export interface ServicePort {
  readonly service: string;
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
}

const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|::1)$/;

/** What the compose file says: what a container publishes, and where a process listens itself. */
export function portsOf({ container, process }: ServiceSpec): readonly PublishedPort[] {
  return container?.ports ?? process?.ports ?? [];
}

/** The ports that services of a scenario have on a node: those of the compose file, and those they are probed at. */
export function servicePortsOn({ services }: ScenarioSpec, node: NodeSpec): readonly ServicePort[] {
  const ports = services
    .filter((service) => service.node === node.name)
    .flatMap((service): ServicePort[] => {
      const { id, readiness } = service;
      const probed = probedPort(readiness, node);
      return [
        ...portsOf(service).map(({ protocol, port }) => ({ service: id, protocol, port })),
        ...(probed === null ? [] : [{ service: id, protocol: 'tcp' as const, port: probed }]),
      ];
    });
  const unique = new Map(ports.map((port) => [`${port.service} ${portWord(port)}`, port]));
  return [...unique.values()];
}

/** A port as the kernel writes it: `tcp:1F90`. */
export function portWord({ protocol, port }: Pick<ServicePort, 'protocol' | 'port'>): string {
  return `${protocol}:${port.toString(16).toUpperCase().padStart(4, '0')}`;
}

/** A probe may also ask somebody else than the service. */
function probedPort(readiness: Readiness, node: NodeSpec): number | null {
  switch (readiness.type) {
    case 'tcp':
      return isAddressOf(node, readiness.host) ? readiness.port : null;
    case 'http': {
      const { hostname, port, protocol } = new URL(readiness.url);
      if (!isAddressOf(node, hostname.replace(/^\[|\]$/g, ''))) return null;
      const standard = protocol === 'https:' ? 443 : 80;
      return port === '' ? standard : Number(port);
    }
    case 'none':
    case 'container':
    case 'command':
    case 'log':
      return null;
  }
}

/** Probes are sent from here: the loopback is that of a node only where the node is this machine. */
function isAddressOf({ host, transport }: NodeSpec, address: string): boolean {
  return address === host || (transport === 'local' && LOOPBACK.test(address));
}
