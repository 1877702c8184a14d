import type { Command, CommandResult } from '../../model/command.js';
import { createFailure, type Failure, type Outcome } from '../../model/failure.js';
import type { ProcessSpec, ServiceSpec } from '../../model/service.js';
import type { ConnectionPool } from '../../remote/pool/pool.js';
import type { Deployment, Leftover } from '../backend.js';
import { listCommand, purgeCommand, stopCommand } from './commands.js';

/** On top of a service's own grace period: what the scripts may take on a busy node. */
const PATIENCE_MS = 60_000;

/**
 * Ends what the node's record and the labels of its processes say of a service. Ok when it is gone.
 *
 * @param how `confirm` where all of it was ended already, by the connection that it ran on.
 */
export async function stopRecorded(
  pool: ConnectionPool,
  deployment: Deployment,
  service: ServiceSpec,
  spec: ProcessSpec,
  how: 'stop' | 'confirm',
): Promise<Outcome<void>> {
  const timeoutMs = spec.stopGracePeriodMs + PATIENCE_MS;
  const command = stopCommand(deployment, service, spec, how);
  const stopped = await runOn(
    pool,
    deployment,
    command,
    timeoutMs,
    `${service.id} could not be stopped`,
  );
  return stopped.ok ? { ok: true, value: undefined } : stopped;
}

/** What of a deployment still runs. */
export async function listLeftovers(
  pool: ConnectionPool,
  deployment: Deployment,
): Promise<Outcome<readonly Leftover[]>> {
  const what = 'what still runs could not be listed';
  const listed = await runOn(pool, deployment, listCommand(deployment), PATIENCE_MS, what);
  return listed.ok
    ? { ok: true, value: parseLeftovers(listed.value.stdout.toString(), deployment.node.name) }
    : listed;
}

/** Ends by force what still runs of a deployment. */
export async function purgeDeployment(
  pool: ConnectionPool,
  deployment: Deployment,
): Promise<Outcome<void>> {
  const what = 'what still ran could not be killed';
  const purged = await runOn(pool, deployment, purgeCommand(deployment), PATIENCE_MS, what);
  return purged.ok ? { ok: true, value: undefined } : purged;
}

/** @param text What the list script prints. */
export function parseLeftovers(text: string, node: string): Leftover[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [kind, id, ...rest] = line.split(' ');
      const about = rest.join(' ').trim();
      const description =
        kind === 'group' ? `process group ${id} of service ${about}` : `process ${id} (${about})`;
      return { node, kind: 'process', description };
    });
}

async function runOn(
  pool: ConnectionPool,
  { node }: Deployment,
  command: Command,
  timeoutMs: number,
  what: string,
): Promise<Outcome<CommandResult>> {
  const ran = await pool.use(node, (connection) => connection.exec(command, { timeoutMs }));
  if (!ran.ok) return ran;
  const result = ran.value;
  if (result.termination === 'exited' && result.exitCode === 0) return ran;
  return { ok: false, failure: describeFailure(result, what, node.name) };
}

function describeFailure(result: CommandResult, what: string, node: string): Failure {
  if (result.termination === 'connection-lost') {
    return createFailure('connection_lost', `${what}: ${result.reason}`, { node });
  }
  const left = parseLeftovers(result.stdout.toString(), node).map(({ description }) => description);
  const why = 'reason' in result ? result.reason : left.join(', ');
  return createFailure('left_behind', why === '' ? what : `${what}: ${why}`, {
    node,
    output: result.stderr
      .toString()
      .split('\n')
      .filter((line) => line !== ''),
  });
}
