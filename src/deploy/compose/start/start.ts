import type { Command } from '../../../model/command.js';
import type { Failure, Outcome } from '../../../model/failure.js';
import type { ServiceSpec } from '../../../model/service.js';
import type { ConnectionPool } from '../../../remote/pool/pool.js';
import type { Deployment } from '../../backend.js';
import { portHoldersCommand } from '../commands.js';
import { projectName } from '../names.js';
import { runOnNode } from '../run-on.js';
import {
  describeStartFailure,
  describeTakenPort,
  findTakenPort,
  inDockersWords,
  parsePortHolder,
} from './start-failure.js';

/** Docker answers when the program runs; a GPU container on a busy node may take its time. */
const START_MS = 5 * 60_000;
const ANSWER_MS = 30_000;

/**
 * Starts containers that were created before.
 *
 * @param command Of docker, or of compose.
 */
export async function startContainers(
  pool: ConnectionPool,
  { node }: Deployment,
  service: ServiceSpec,
  command: Command,
  signal: AbortSignal,
): Promise<Outcome<void>> {
  const started = await runOnNode(pool, node, command, {
    place: { node: node.name, service: service.id, source: service.source },
    what: 'its container could not be started',
    kind: 'service_start',
    timeoutMs: START_MS,
    signal,
  });
  if (started.ok) return { ok: true, value: undefined };
  const { failure } = started;
  return { ok: false, failure: { ...failure, output: inDockersWords(failure.output) } };
}

/** Finds out what a failed start means; asks the node who has the port, where it was that. */
export async function explainStart(
  pool: ConnectionPool,
  deployment: Deployment,
  service: ServiceSpec,
  failure: Failure,
): Promise<Failure> {
  if (failure.kind !== 'service_start' || failure.output.length === 0) return failure;
  const port = findTakenPort(failure.output);
  if (port === null) return describeStartFailure(failure, service);
  const { node } = deployment;
  const asked = await runOnNode(pool, node, portHoldersCommand(port), {
    place: { node: node.name },
    what: 'who has the port could not be found out',
    kind: 'service_start',
    timeoutMs: ANSWER_MS,
  });
  const holder = asked.ok
    ? parsePortHolder(asked.value.stdout.toString(), projectName(deployment))
    : null;
  return describeTakenPort(failure, service, port, holder);
}
