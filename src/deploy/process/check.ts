import { createFailure, type Failure, type Outcome } from '../../model/failure.js';
import type { NodeSpec } from '../../model/node.js';
import type { ConnectionPool } from '../../remote/pool/pool.js';
import type { Deployment } from '../backend.js';
import { checkCommand, prepareCommand } from './commands.js';

/** What keeps a node from running services as processes. */
export async function findProblems(
  pool: ConnectionPool,
  node: NodeSpec,
  signal: AbortSignal,
): Promise<readonly Failure[]> {
  const checked = await pool.use(
    node,
    (connection) => connection.exec(checkCommand(), { signal }),
    { signal },
  );
  if (!checked.ok) return [checked.failure];
  const result = checked.value;
  if (result.termination !== 'exited') {
    return [unanswered('it could not be checked', node, 'reason' in result ? result.reason : '')];
  }
  const missing = linesOf(result.stdout).map((line) => line.replace('missing ', ''));
  if (missing.length === 0) return [];
  return [
    createFailure(
      'runtime_missing',
      `what services are run with is missing: ${missing.join(', ')}`,
      {
        node: node.name,
        hint: 'install the basic tools (coreutils, grep, sed, awk) on the node',
      },
    ),
  ];
}

/** Sees to it that the folders of a deployment are there and can be written to. */
export async function prepareDeployment(
  pool: ConnectionPool,
  deployment: Deployment,
  signal: AbortSignal,
): Promise<Outcome<void>> {
  const { node } = deployment;
  const command = prepareCommand(deployment);
  const prepared = await pool.use(node, (connection) => connection.exec(command, { signal }), {
    signal,
  });
  if (!prepared.ok) return prepared;
  const result = prepared.value;
  if (result.termination === 'cancelled') {
    return { ok: false, failure: createFailure('cancelled', 'cancelled', { node: node.name }) };
  }
  if (result.termination !== 'exited') {
    const reason = 'reason' in result ? result.reason : '';
    return { ok: false, failure: unanswered('its folders could not be checked', node, reason) };
  }
  const [problem] = linesOf(result.stdout);
  if (problem === undefined) return { ok: true, value: undefined };
  return { ok: false, failure: createFailure('transfer', problem, { node: node.name }) };
}

function unanswered(what: string, node: NodeSpec, reason: string): Failure {
  const message = reason === '' ? what : `${what}: ${reason}`;
  return createFailure('runtime_missing', message, { node: node.name });
}

function linesOf(output: Buffer): string[] {
  return output
    .toString()
    .split('\n')
    .filter((line) => line !== '');
}
