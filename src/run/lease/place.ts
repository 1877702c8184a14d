import path from 'node:path';

import { CONTROLLER, type NodeSpec } from '../../model/node.js';

/** Where on a machine its lease is kept. */
export interface LeasePlace {
  /** Absolute, on the machine. */
  readonly folder: string;
  /** Other logins use it, too. */
  readonly isShared: boolean;
}

/** One for the whole machine, whoever logs in there; on this machine, where nodes may be made up, one for each. */
const MACHINE_WIDE = '/tmp/playbook';

/**
 * @param home The login's home on the node.
 * @param root The project's root here.
 */
export function leasePlaceOn(node: NodeSpec, home: string, root: string): LeasePlace {
  if (node.lockPath !== null) {
    return { folder: path.posix.resolve(home, node.lockPath), isShared: true };
  }
  if (node.transport === 'ssh' && node.name !== CONTROLLER) {
    return { folder: MACHINE_WIDE, isShared: true };
  }
  return { folder: path.join(root, '.playbook', 'leases', node.name), isShared: false };
}
