import type { Clock } from '../../../async/clock.js';
import type { Command } from '../../../model/command.js';
import type { NodeSpec } from '../../../model/node.js';
import type { RunIdentity } from '../../../model/run-identity.js';
import type { ConnectionPool } from '../../../remote/pool/pool.js';
import { parseAnswer } from '../../preflight/survey/answer.js';
import type { NodeBefore } from '../node-before.js';
import { readBoundPorts } from '../ports/bound-ports.js';
import { portWord, type ServicePort } from '../ports/service-ports.js';
import { readForeignUse } from './read.js';
import { BEFORE } from './script.js';

export interface LookOptions {
  readonly pool: ConnectionPool;
  readonly clock: Clock;
  readonly identity: RunIdentity;
  readonly ports: readonly ServicePort[];
  /** From which load on, per core, a node is busy. */
  readonly loadPerCore: number;
  readonly signal: AbortSignal;
}

/** Above the limits of everything that the script calls. */
const ANSWER_MS = 60_000;
const CAPTURE_LIMIT = 4 * 1024 * 1024;

/** Looks at a node right before a scenario, in one round trip. @returns `null` where it could not be asked. */
export async function lookAtNode(
  node: NodeSpec,
  { pool, clock, identity, ports, loadPerCore, signal }: LookOptions,
): Promise<NodeBefore | null> {
  const words = [...new Set(ports.map(portWord))];
  const command: Command = { argv: ['/bin/sh', '-c', BEFORE, 'playbook', ...words] };
  const at = new Date(clock.now()).toISOString();
  const options = { signal, timeoutMs: ANSWER_MS, graceMs: 1_000, captureLimit: CAPTURE_LIMIT };
  const asked = await pool.use(node, (connection) => connection.exec(command, options), { signal });
  if (!asked.ok) return null;
  const answer = parseAnswer(asked.value.stdout.toString('utf8'));
  if (!answer.has('end')) return null;
  return {
    foreign: readForeignUse(answer, { at, identity, loadPerCore }),
    boundPorts: readBoundPorts(answer, ports),
  };
}
