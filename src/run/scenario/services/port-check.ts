import { startDeadline } from '../../../async/deadline.js';
import { createFailure, type Failure } from '../../../model/failure.js';
import type { Readiness, ServiceSpec } from '../../../model/service.js';
import { tcpCheck } from '../../../readiness/tcp.js';
import type { Attempt } from '../attempt.js';

/** Long enough for a listener on this network to answer. */
const ANSWER_MS = 2_000;

/**
 * Looks, before a service is started, whether somebody answers already where it will be asked whether it is ready. A
 * stranger there would make the service ready at once, and its numbers those of the service.
 */
export async function findStranger(
  attempt: Attempt,
  service: ServiceSpec,
  signal: AbortSignal,
): Promise<Failure | null> {
  const address = addressOf(service.readiness);
  if (address === null) return null;
  const deadline = startDeadline(attempt.context.clock, ANSWER_MS, signal);
  try {
    const seen = await tcpCheck({ ...service.readiness, type: 'tcp', ...address })(deadline.signal);
    if (seen !== null) return null;
  } finally {
    deadline.clear();
  }
  const { host, port } = address;
  return createFailure(
    'port_taken',
    `${host}:${port} is taken: somebody answered before it was started`,
    {
      node: service.node,
      service: service.id,
      source: service.source,
      hint: `find out who it is on ${host}: ss -ltnp 'sport = :${port}'`,
    },
  );
}

function addressOf(readiness: Readiness): { host: string; port: number } | null {
  switch (readiness.type) {
    case 'tcp':
      return { host: readiness.host, port: readiness.port };
    case 'http': {
      const { hostname, port, protocol } = new URL(readiness.url);
      const standard = protocol === 'https:' ? 443 : 80;
      return {
        host: hostname.replace(/^\[|\]$/g, ''),
        port: port === '' ? standard : Number(port),
      };
    }
    case 'none':
    case 'container':
    case 'command':
    case 'log':
      return null;
  }
}
