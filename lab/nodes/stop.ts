import { rm } from 'node:fs/promises';

import { removeCgroups } from './cgroups.js';
import type { LabNode } from './layout.js';
import { removeStaleLink } from './network.js';
import { killProcesses } from './processes.js';

/** Ends the node and removes all that it was, its disk included. */
export async function removeNode(node: LabNode): Promise<void> {
  await killProcesses(node.name);
  await removeCgroups(node.name);
  await removeStaleLink(node);
  await rm(node.folder, { recursive: true, force: true });
}
