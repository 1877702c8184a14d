import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { nodesWithCgroups } from './cgroups.js';
import { STATE, labNode } from './layout.js';
import type { LabNode } from './layout.js';

/** Every node that there is, by number: up, down or half-way. */
export function existingNodes(): LabNode[] {
  const names = new Set([...foldersOf(join(STATE, 'nodes')), ...nodesWithCgroups()]);
  return [...names]
    .map((name) => Number(/^node(\d+)$/.exec(name)?.[1]))
    .filter((index) => Number.isInteger(index))
    .sort((a, b) => a - b)
    .map((index) => labNode(index));
}

function foldersOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
