import { createFailure, type Failure, type Outcome } from '../../model/failure.js';
import type { ServiceSpec } from '../../model/service.js';
import type { ConnectionPool } from '../../remote/pool/pool.js';
import type { Deployment, Leftover } from '../backend.js';
import { downCommand, listCommand, removeCommand } from './commands.js';
import { runOnNode } from './run-on.js';

/** What docker may take to list or remove things on a busy node, on top of a service's own grace period. */
const PATIENCE_MS = 120_000;
const LENGTH_OF_ID = 12;

/**
 * Removes the containers of one service. Ok when they are gone, also when they were gone before.
 *
 * @param how `stop`: the way its compose file wants to be stopped, as long as that takes; `discard`: they never ran.
 */
export async function removeService(
  pool: ConnectionPool,
  deployment: Deployment,
  service: ServiceSpec,
  how: 'stop' | 'discard',
): Promise<Outcome<void>> {
  const removed = await runOnNode(pool, deployment.node, downCommand(deployment, service, how), {
    place: { node: deployment.node.name, service: service.id },
    what: `${service.id} could not be removed`,
    kind: 'left_behind',
    timeoutMs: (how === 'stop' ? (service.container?.stopGracePeriodMs ?? 0) : 0) + PATIENCE_MS,
  });
  return removed.ok ? { ok: true, value: undefined } : removed;
}

/**
 * Removes everything of a deployment.
 *
 * @param how `stopped`: but no container that runs, nor what it uses.
 */
export async function removeProject(
  pool: ConnectionPool,
  deployment: Deployment,
  how: 'force' | 'stopped',
): Promise<Outcome<void>> {
  const { node } = deployment;
  const what = 'not everything could be removed';
  const command = removeCommand(deployment, how);
  const ran = await pool.use(node, (connection) =>
    connection.exec(command, { timeoutMs: PATIENCE_MS }),
  );
  if (!ran.ok) return ran;
  const result = ran.value;
  if (result.termination === 'exited' && result.exitCode === 0) {
    return { ok: true, value: undefined };
  }
  if (result.termination === 'connection-lost') {
    const message = `${what}: ${result.reason}`;
    return failed(createFailure('connection_lost', message, { node: node.name }));
  }
  const output = result.stderr.toString().split('\n').filter(Boolean);
  const left = parseLeftovers(result.stdout.toString(), node.name).map(asText).join(', ');
  const why = left === '' ? (output.at(-1) ?? result.termination) : left;
  return failed(createFailure('left_behind', `${what}: ${why}`, { node: node.name, output }));
}

/** Everything of a deployment that is there. */
export async function listLeftovers(
  pool: ConnectionPool,
  deployment: Deployment,
): Promise<Outcome<readonly Leftover[]>> {
  const { node } = deployment;
  const listed = await runOnNode(pool, node, listCommand(deployment), {
    place: { node: node.name },
    what: 'what is still there could not be listed',
    kind: 'left_behind',
    timeoutMs: PATIENCE_MS,
  });
  if (!listed.ok) return listed;
  return { ok: true, value: parseLeftovers(listed.value.stdout.toString(), node.name) };
}

/** @param text What the list script prints: fields separated by tabs. */
function parseLeftovers(text: string, node: string): Leftover[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [kind = '', id = '', name = '', ...rest] = line.split('\t');
      return { node, kind, description: describe(kind, id, name, rest) };
    });
}

function describe(kind: string, id: string, name: string, rest: readonly string[]): string {
  const [about = '', status = ''] = rest;
  switch (kind) {
    case 'container':
      return `${name} (${id.slice(0, LENGTH_OF_ID)}, ${about}, ${status})`;
    case 'network':
    case 'volume':
      return about.trim() === ''
        ? name
        : `${name} (in use by ${about.trim().replaceAll(' ', ', ')})`;
    default:
      return name;
  }
}

function asText({ kind, description }: Leftover): string {
  return `${kind} ${description}`;
}

function failed(failure: Failure): Outcome<void> {
  return { ok: false, failure };
}
