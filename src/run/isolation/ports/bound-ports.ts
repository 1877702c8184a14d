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

/** Who has the ports, at most one for each. */
export async function findPortHolders(
  connection: Connection,
  ports: readonly ServicePort[],
): Promise<Outcome<readonly PortHolder[]>> {
  const words = [...new Set(ports.map(portWord))];
  const command: Command = { argv: ['/bin/sh', '-c', BOUND_PORTS, 'playbook', ...words] };
  const result = await connection.exec(command, { timeoutMs: ANSWER_MS });
  const answer = parseAnswer(result.stdout.toString('utf8'));
  if (result.termination === 'exited' && answer.has('end')) {
    const holders = parsePortHolders(answer);
    const first = words.flatMap((word) => holders.find((each) => portWord(each) === word) ?? []);
    return { ok: true, value: first };
  }
  const isLost = result.termination === 'connection-lost';
  const why = 'reason' in result ? result.reason : result.termination;
  const message = `its ports could not be looked at: ${why}`;
  const kind = isLost ? 'connection_lost' : 'left_behind';
  return { ok: false, failure: createFailure(kind, message, { node: connection.node }) };
}
