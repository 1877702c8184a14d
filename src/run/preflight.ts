import type { DeploymentBackend } from '../deploy/backend.js';
import { createFailure, type Failure } from '../model/failure.js';
import { CONTROLLER, type NodeSpec, type Runtime } from '../model/node.js';
import type { SuitePlan } from '../model/plan.js';
import type { ConnectionPool } from '../remote/pool.js';

/** The nodes of a suite, each once, in the order of the configuration. */
export function nodesOf(plan: SuitePlan): readonly NodeSpec[] {
  const nodes = new Map(
    plan.scenarios.flatMap(({ nodes }) => nodes.map((node) => [node.name, node] as const)),
  );
  return [...nodes.values()].filter(({ name }) => name !== CONTROLLER);
}

/**
 * Checks every node at once, before anything is deployed anywhere: that it can be logged in to, and that it can run
 * services of its runtime.
 *
 * @returns The failures by node; nodes without any are not in it.
 */
export async function checkNodes(
  nodes: readonly NodeSpec[],
  pool: ConnectionPool,
  backends: Readonly<Partial<Record<Runtime, DeploymentBackend>>>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly Failure[]>> {
  const checked = await Promise.all(
    nodes.map(async (node) => {
      const failures = await checkNode(node, pool, backends[node.runtime], signal);
      return [node.name, failures] as const;
    }),
  );
  return new Map(checked.filter(([, failures]) => failures.length > 0));
}

async function checkNode(
  node: NodeSpec,
  pool: ConnectionPool,
  backend: DeploymentBackend | undefined,
  signal: AbortSignal,
): Promise<readonly Failure[]> {
  const reached = await pool.use(node, (connection) => connection.info());
  if (!reached.ok) return [reached.failure];
  if (!reached.value.ok) return [reached.value.failure];
  if (backend) return backend.check(node, signal);
  return [
    createFailure('runtime_missing', `runtime ${node.runtime} is not supported by this version`, {
      node: node.name,
      source: node.source,
      hint: 'set `runtime: process` for this node in config/nodes.yaml',
    }),
  ];
}
