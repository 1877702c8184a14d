import type { Outcome } from '../../model/failure.js';
import type { NodeSpec } from '../../model/node.js';
import type { Connection } from '../connection.js';
import type { ConnectionBudget } from '../pool/budget.js';
import { type SshConnection, connectOverSsh } from './connection.js';
import type { LoginContext } from './login/context.js';
import { logIn } from './login/log-in.js';
import type { Login } from './login/login.js';
import { createOrphanage } from './orphans.js';

export interface SshConnectorOptions {
  readonly login: LoginContext;
  /** Shared with the pool, which takes from it for the connections themselves. */
  readonly budget: ConnectionBudget;
}

/** How soon a node is asked again that was just lost: `sshd` may be starting. */
const REDIAL_AFTER_MS = 500;

/**
 * Opens connections over SSH. What outlived a connection that was lost is ended: at once, where the node answers again,
 * and otherwise first of all over the next connection.
 */
export function createSshConnector({
  login: context,
  budget,
}: SshConnectorOptions): (node: NodeSpec, signal?: AbortSignal) => Promise<Outcome<Connection>> {
  const { clock, random } = context;
  const orphanage = createOrphanage(clock);
  /** By node: a connection for nothing but its orphans. */
  const rescues = new Map<string, Promise<void>>();

  const open = async (node: NodeSpec, signal?: AbortSignal): Promise<Outcome<SshConnection>> => {
    const loggedIn = await logIn(node, context, signal);
    if (!loggedIn.ok) return loggedIn;
    const connection = connectOverSsh(loggedIn.value, {
      node: node.name,
      clock,
      random,
      dial: (giveUp) => dialFurther(node, giveUp),
      async onOrphan(orphan) {
        orphanage.add(node.name, orphan);
        await rescue(node);
      },
    });
    if (orphanage.has(node.name))
      await connection.lookAfter((shells) => orphanage.end(node.name, shells));
    return { ok: true, value: connection };
  };
  const dialFurther = (node: NodeSpec, signal: AbortSignal): Promise<Outcome<Login>> | null => {
    if (!budget.tryTake()) return null;
    return logIn(node, context, signal).then((outcome) => {
      if (outcome.ok) void outcome.value.lost.then(() => budget.giveBack());
      else budget.giveBack();
      return outcome;
    });
  };
  const rescue = (node: NodeSpec): Promise<void> => {
    const under = rescues.get(node.name);
    if (under) return under;
    const rescued = clock.sleep(REDIAL_AFTER_MS).then(async () => {
      rescues.delete(node.name);
      if (!orphanage.has(node.name)) return;
      // What lives on a node is not left alone because others have all connections.
      budget.take();
      const opened = await open(node);
      if (opened.ok) await opened.value.close();
      budget.giveBack();
    });
    rescues.set(node.name, rescued);
    return rescued;
  };
  return open;
}
