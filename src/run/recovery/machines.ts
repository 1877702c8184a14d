import { CONTROLLER, type NodeSpec } from '../../model/node.js';
import type { HeldRun } from '../journal/holding.js';
import { machineToken } from '../locks/process.js';

/** The machines that can be asked today. */
export interface Machines {
  /** The project's root, absolute. */
  readonly root: string;
  /** Every node of the configuration. */
  readonly nodes: readonly NodeSpec[];
  readonly controller: NodeSpec;
}

/** The machine that a run called so, if it still goes by that name; otherwise why it cannot be asked. */
export function findMachine(held: HeldRun, name: string, machines: Machines): NodeSpec | string {
  const { nodes, controller } = machines;
  const node = name === CONTROLLER ? controller : nodes.find((each) => each.name === name);
  const known = held.nodes.find((each) => each.name === name);
  if (!node) {
    const address = known === undefined ? '' : ` (${addressOf(known)})`;
    return `${name}${address} is not in config/nodes.yaml any more`;
  }
  if (known !== undefined && addressOf(known) !== addressOf(nameless(node))) {
    return `${name} was ${addressOf(known)} for that run, and is ${addressOf(nameless(node))} now`;
  }
  if (node.transport === 'local' && held.machine !== machineToken()) {
    return `${name} was the machine on which that run was started, and this is another`;
  }
  return node;
}

interface Address {
  readonly transport: string;
  readonly host: string;
  readonly port: number | null;
  readonly user: string | null;
}

function nameless({ transport, host, port, username }: NodeSpec): Address {
  return { transport, host, port, user: username };
}

/** The login is for people; what makes a machine another are its host and port. */
function addressOf({ transport, host, port }: Address): string {
  if (transport === 'local') return 'this machine';
  return port === null ? host : `${host}:${port}`;
}
