import { type Clock, systemClock } from '../../src/async/clock.js';
import type { Outcome } from '../../src/model/failure.js';
import type { NodeSpec } from '../../src/model/node.js';
import type { Connection } from '../../src/remote/connection.js';
import { createBudget } from '../../src/remote/pool/budget.js';
import { createSshConnector } from '../../src/remote/ssh/connector.js';
import { createSharedLogins } from '../../src/remote/ssh/login/shared-logins.js';

/** Opens connections over SSH as the program does, without anything of the user's own. */
export function sshConnector(
  nodes: readonly NodeSpec[] = [],
  { clock = systemClock, max = Infinity }: { clock?: Clock; max?: number } = {},
): (node: NodeSpec) => Promise<Outcome<Connection>> {
  const budget = createBudget(max);
  return createSshConnector({
    budget,
    login: {
      nodes,
      clock,
      environment: { HOME: '/nowhere', PATH: process.env['PATH'] },
      warn: () => undefined,
      random: Math.random,
      shared: createSharedLogins({ clock, budget }),
    },
  });
}

/** A connection that has to be there. */
export async function openOverSsh(node: NodeSpec): Promise<Connection> {
  const opened = await sshConnector()(node);
  if (!opened.ok) throw new Error(opened.failure.message);
  return opened.value;
}
