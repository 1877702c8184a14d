import { startDeadline } from '../../../async/deadline.js';
import { createFailure, type Failure } from '../../../model/failure.js';
import type { Readiness, ServiceSpec } from '../../../model/service.js';
import { tcpCheck } from '../../../readiness/tcp.js';
import { findPortHolders } from '../../isolation/ports/bound-ports.js';
import { isInTheWay } from '../../preflight/judge/ports.js';
import { type Attempt, onMachine, placeOf } from '../attempt.js';

/** Long enough for a listener on this network to answer. */
const ANSWER_MS = 2_000;

/**
 * Looks, before a service is started, whether somebody is already where it is to be: a stranger who answers would make it
 * ready at once, and its numbers those of the service. Docker itself refuses a port that somebody else has; a process may
 * find out late, or live on without it.
 */
export async function findStranger(
  attempt: Attempt,
  service: ServiceSpec,
  signal: AbortSignal,
): Promise<Failure | null> {
  const answered = await findWhoAnswers(attempt, service, signal);
  return answered ?? (await findWhoListens(attempt, service, signal));
}

/** Asks from here, as the probe will. */
async function findWhoAnswers(
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

/** Asks the node about the ports on which a process will listen. */
async function findWhoListens(
  attempt: Attempt,
  { id, node, process, source }: ServiceSpec,
  signal: AbortSignal,
): Promise<Failure | null> {
  const ports = process?.ports ?? [];
  if (ports.length === 0) return null;
  const found = await onMachine(
    attempt,
    placeOf(attempt, node).node,
    (connection) => findPortHolders(connection, ports, { otherwise: 'service_start', signal }),
    signal,
  );
  // Starting it tells what that means.
  if (signal.aborted) return null;
  if (!found.ok) return { ...found.failure, service: id, source };
  const holder = found.value.find((each) => ports.some((port) => isInTheWay(each, port)));
  if (!holder) return null;
  const { description, port, protocol } = holder;
  const who = description ?? 'somebody whom the login may not see';
  return createFailure('port_taken', `port ${port}/${protocol} is taken by ${who}`, {
    node,
    service: id,
    source,
    hint: 'stop it, or use another port',
  });
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
