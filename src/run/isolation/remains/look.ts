import type { Leftover } from '../../../deploy/backend.js';
import type { Outcome } from '../../../model/failure.js';
import {
  type Attempt,
  backendOf,
  deploymentOn,
  onMachine,
  runtimesOn,
} from '../../scenario/attempt.js';
import type { HeldPort } from '../../journal/holding.js';
import type { Place } from '../../place.js';
import { listRemains } from '../../sweep/sweep.js';
import { findPortHolders } from '../ports/bound-ports.js';
import { describePort } from '../ports/held-ports.js';
import { portWord, type ServicePort, servicePortsOn } from '../ports/service-ports.js';
import { joinRemains } from './join.js';
import { targetOn } from './target.js';

/** What of an attempt is left on a machine. Everything is asked at the same moment, so that it takes one round trip. */
export async function lookForRemains(
  attempt: Attempt,
  machine: string,
  place: Place,
): Promise<Outcome<readonly Leftover[]>> {
  const { pool } = attempt.context;
  const outcomes = await Promise.all([
    ...knowingRuntimesOn(attempt, machine).map((runtime) =>
      backendOf(attempt, runtime).leftovers(deploymentOn(attempt, place)),
    ),
    listRemains(pool, targetOn(attempt, machine, place)),
    lookForPorts(attempt, place),
  ]);
  const found: Leftover[] = [];
  for (const outcome of outcomes) {
    if (!outcome.ok) return outcome;
    found.push(...outcome.value);
  }
  return { ok: true, value: joinRemains(found) };
}

/** The runtimes whose backends know more of what they made than the marks that a sweep goes by. */
export function knowingRuntimesOn(attempt: Attempt, machine: string) {
  return runtimesOn(attempt, machine).filter((runtime) => runtime !== 'process');
}

/**
 * Ports of services that were started, where nobody was before: whoever has them now came with them. It may have lost
 * every mark that it was ours.
 */
export async function findLeftPorts(
  attempt: Attempt,
  { node }: Place,
): Promise<Outcome<readonly HeldPort[]>> {
  const ports = suspiciousPorts(attempt, node.name);
  if (ports.length === 0) return { ok: true, value: [] };
  const holders = await onMachine(attempt, node, (connection) =>
    findPortHolders(connection, ports, { otherwise: 'left_behind' }),
  );
  if (!holders.ok) return holders;
  const isFirst = (port: ServicePort, index: number) =>
    ports.findIndex((other) => portWord(other) === portWord(port)) === index;
  return {
    ok: true,
    value: ports.filter(isFirst).flatMap(({ protocol, port, service }): HeldPort[] => {
      const word = portWord({ protocol, port });
      const holder = holders.value.find((each) => portWord(each) === word);
      return holder ? [{ protocol, port, service, by: holder.description }] : [];
    }),
  };
}

async function lookForPorts(attempt: Attempt, place: Place): Promise<Outcome<readonly Leftover[]>> {
  const found = await findLeftPorts(attempt, place);
  if (!found.ok) return found;
  const { name: node } = place.node;
  return {
    ok: true,
    value: found.value.map((port) => ({ node, kind: 'port', description: describePort(port) })),
  };
}

function suspiciousPorts({ context, plan, services }: Attempt, node: string) {
  const before = context.before.get(node);
  const spec = plan.nodes.find(({ name }) => name === node);
  // Where nobody looked before, nobody can tell who came first.
  if (!before || !spec) return [];
  return servicePortsOn(plan.scenario, spec).filter(
    (port: ServicePort) =>
      !before.boundPorts.has(portWord(port)) && services.get(port.service)?.running != null,
  );
}
