import type { Command } from '../../../model/command.js';
import { createFailure, type Outcome } from '../../../model/failure.js';
import type { Connection } from '../../../remote/connection.js';
import { type Answer, parseAnswer } from '../../preflight/survey/answer.js';
import { type PortHolder, parsePortHolders } from '../../preflight/survey/ports.js';
import { BOUND_PORTS } from './script.js';
import { portWord, type ServicePort } from './service-ports.js';

const ANSWER_MS = 60_000;

/** Which of the ports somebody has, as words; see `portWord`. */
export function readBoundPorts(answer: Answer, ports: readonly ServicePort[]): ReadonlySet<string> {
  const bound = new Set(parsePortHolders(answer).map(portWord));
  return new Set(ports.map(portWord).filter((word) => bound.has(word)));
}

export interface FindOptions {
  /** What it means that nobody can tell. */
  readonly otherwise: 'left_behind' | 'service_start';
  readonly signal?: AbortSignal;
}

/** Who has the ports; one may be had by several, at different addresses. */
export async function findPortHolders(
  connection: Connection,
  ports: readonly Pick<ServicePort, 'protocol' | 'port'>[],
  { otherwise, signal }: FindOptions,
): Promise<Outcome<readonly PortHolder[]>> {
  const words = [...new Set(ports.map(portWord))];
  const command: Command = { argv: ['/bin/sh', '-c', BOUND_PORTS, 'playbook', ...words] };
  const result = await connection.exec(command, {
    timeoutMs: ANSWER_MS,
    ...(signal && { signal }),
  });
  const answer = parseAnswer(result.stdout.toString('utf8'));
  if (result.termination === 'exited' && answer.has('end')) {
    const holders = parsePortHolders(answer);
    return { ok: true, value: holders.filter((each) => words.includes(portWord(each))) };
  }
  const isLost = result.termination === 'connection-lost';
  const why = 'reason' in result ? result.reason : result.termination;
  const message = `its ports could not be looked at: ${why}`;
  const kind = isLost ? 'connection_lost' : otherwise;
  return { ok: false, failure: createFailure(kind, message, { node: connection.node }) };
}
