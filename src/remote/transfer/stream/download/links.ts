import { lstatSync, symlinkSync } from 'node:fs';

import { LinkLeadsOutside, joinBytes, partsOf, resolveLink } from '../../scan.js';
import { EntryRefused } from '../errors.js';

/** A link of a folder that comes from a node. */
export interface IncomingLink {
  /** Below the folder. */
  readonly path: Buffer;
  /** As the node has it. */
  readonly target: Buffer;
}

/**
 * Makes the links of a tree whose files and folders are there. None leads out of it, whatever other links there are or
 * will be in the place that the tree is moved to: each lies in a folder of the tree and not behind another link, and
 * `..` in its text only leaves folders of the tree, which no link ever replaces.
 *
 * @param sources Paths of the folder on the node, for links that are absolute.
 * @throws LinkLeadsOutside, EntryRefused, or what the file system says.
 */
export function makeLinks(
  tree: Buffer,
  links: readonly IncomingLink[],
  sources: readonly Buffer[],
): void {
  for (const { path, target } of links) {
    const inside = resolveLink(path, target, sources);
    if (inside === null) throw new LinkLeadsOutside(path, target);
    const folder = partsOf(path.toString('latin1')).slice(0, -1);
    if (!isFolder(tree, folder)) {
      throw new EntryRefused(`the node sent ${path.toString()}, but no folder that it lies in`);
    }
    if (!leavesOnlyFolders(tree, folder, partsOf(inside.toString('latin1')))) {
      throw new EntryRefused(
        `${path.toString()} is a link to ${target.toString()}, where \`..\` follows what is no folder and may lead elsewhere`,
      );
    }
    symlinkSync(inside, joinBytes(tree, path));
  }
}

function leavesOnlyFolders(
  tree: Buffer,
  folder: readonly string[],
  target: readonly string[],
): boolean {
  const reached = [...folder];
  for (const part of target) {
    if (part !== '..') {
      reached.push(part);
      continue;
    }
    if (!isFolder(tree, reached)) return false;
    reached.pop();
  }
  return true;
}

/** Whether there is such a folder in the tree, with no link on the way. */
function isFolder(tree: Buffer, parts: readonly string[]): boolean {
  return parts.every((_, index) => {
    const path = Buffer.from(parts.slice(0, index + 1).join('/'), 'latin1');
    return lstatSync(joinBytes(tree, path), { throwIfNoEntry: false })?.isDirectory() === true;
  });
}
