import { type Stats, chmodSync, lstatSync, readdirSync, renameSync } from 'node:fs';
import { realpath, rename } from 'node:fs/promises';

import type { Clock } from '../../../../async/clock.js';
import { joinBytes } from '../../scan.js';
import { EntryRefused } from '../errors.js';
import type { Moded } from '../moded.js';

/** Renaming many files keeps everything else waiting; not for longer than this. */
const SLICE_MS = 20;

/**
 * Gives a complete tree its name: by one rename where nothing is there, else file by file. Then folders get their
 * modes, which may keep everybody from writing to them.
 *
 * @throws EntryRefused, or what the file system says.
 */
export async function placeTree(
  tree: Buffer,
  to: Buffer,
  folders: readonly Moded[],
  clock: Clock,
): Promise<void> {
  if (statusOf(to) === null) await rename(tree, to);
  else await merge(tree, to, clock);
  // Parents come first in the stream.
  for (const { path, mode } of [...folders].reverse()) chmodSync(joinBytes(to, path), mode);
}

async function merge(tree: Buffer, to: Buffer, clock: Clock): Promise<void> {
  const root = await realpath(to, { encoding: 'buffer' });
  const folders: Buffer[] = [Buffer.alloc(0)];
  let sliceEnd = clock.monotonic() + SLICE_MS;
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const source = joinBytes(tree, folder);
    for (const entry of readdirSync(source, { withFileTypes: true, encoding: 'buffer' })) {
      const path = joinBytes(folder, entry.name);
      const target = joinBytes(root, path);
      const there = entry.isDirectory() ? statusOf(target) : null;
      if (there?.isSymbolicLink()) {
        throw new EntryRefused(`${target.toString()} is a link here, and a folder on the node`);
      }
      if (there?.isDirectory()) folders.push(path);
      else renameSync(joinBytes(tree, path), target);
      if (clock.monotonic() > sliceEnd) {
        await new Promise(setImmediate);
        sliceEnd = clock.monotonic() + SLICE_MS;
      }
    }
  }
}

function statusOf(path: Buffer): Stats | null {
  return lstatSync(path, { throwIfNoEntry: false }) ?? null;
}
