import { lstatSync, readlinkSync } from 'node:fs';

import { joinBytes, partsOf } from '../../scan.js';

/** More than any system follows. */
const MOST_HOPS = 64;

/**
 * Whether a link stays in the tree it is in, whatever links are on its way, and also where what it points to is not there:
 * in the place that the tree is moved to, it may be.
 *
 * @param link Relative to the tree, of which all links are relative.
 */
export function staysInTree(tree: Buffer, link: Buffer): boolean {
  const pending = partsOf(link.toString('latin1'));
  const reached: string[] = [];
  let hops = 0;
  for (let part = pending.shift(); part !== undefined; part = pending.shift()) {
    if (part === '..') {
      if (reached.pop() === undefined) return false;
      continue;
    }
    const path = joinBytes(tree, Buffer.from([...reached, part].join('/'), 'latin1'));
    if (!lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) {
      reached.push(part);
      continue;
    }
    hops += 1;
    // In a circle: it leads nowhere.
    if (hops > MOST_HOPS) return true;
    const target = readlinkSync(path, { encoding: 'latin1' });
    if (target.startsWith('/')) return false;
    pending.unshift(...partsOf(target));
  }
  return true;
}
