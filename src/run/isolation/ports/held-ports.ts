import { createFailure, type Failure, type Outcome } from '../../../model/failure.js';
import type { NodeSpec } from '../../../model/node.js';
import type { ConnectionPool } from '../../../remote/pool/pool.js';
import type { HeldPort, HeldRun } from '../../journal/holding.js';
import { findPortHolders } from './bound-ports.js';
import { portWord } from './service-ports.js';

/** `18777/tcp of engine, by python3 (process 4711)` */
export function describePort({ port, protocol, service, by }: HeldPort): string {
  return `${port}/${protocol} of ${service}, by ${by ?? 'a process that the login may not see'}`;
}

/**
 * Which ports that a run has left bound still are, by whoever had them then: nobody may be killed on suspicion, and whoever
 * has come after that is none of that run's.
 */
export async function stillBound(
  ports: readonly HeldPort[],
  node: NodeSpec,
  pool: ConnectionPool,
): Promise<Outcome<readonly HeldPort[]>> {
  if (ports.length === 0) return { ok: true, value: [] };
  const lent = await pool.use(node, (connection) =>
    findPortHolders(connection, ports, { otherwise: 'left_behind' }),
  );
  const asked = lent.ok ? lent.value : lent;
  if (!asked.ok) return asked;
  const isBound = (port: HeldPort) =>
    asked.value.some(
      (holder) => portWord(holder) === portWord(port) && holder.description === port.by,
    );
  return { ok: true, value: ports.filter(isBound) };
}

export function heldPortsOn({ open }: HeldRun, node: string): readonly HeldPort[] {
  return [...open.values()].flatMap((each) => (each.node === node ? (each.ports ?? []) : []));
}

/** What only a person can end. */
export function portsLeft({ run }: HeldRun, node: string, ports: readonly HeldPort[]): Failure {
  const names = ports.map((port) => `port ${describePort(port)}`).join(', ');
  return createFailure(
    'left_behind',
    `what run ${run} has left is for you to end, as it bears no mark of that run: ${names}`,
    { node, hint: PORT_HINT },
  );
}

export const PORT_HINT =
  'nobody is killed on suspicion: end that process there, then: playbook cleanup';
