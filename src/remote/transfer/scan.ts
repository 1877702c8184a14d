import type { Stats } from 'node:fs';
import { lstat, readdir, readlink, realpath } from 'node:fs/promises';

/**
 * One thing in a folder that is copied. Names are bytes: what a file system holds need not be UTF-8. Sockets, pipes and
 * devices hold no content and are left out.
 */
export type TreeEntry =
  | {
      readonly type: 'directory';
      readonly path: Buffer;
      readonly mode: number;
      /** Seconds since the epoch. */
      readonly mtime: number;
    }
  | { readonly type: 'file'; readonly path: Buffer }
  | {
      readonly type: 'link';
      readonly path: Buffer;
      /** Relative to the link's own folder, so that it points to the same place in the copy. */
      readonly target: Buffer;
    };

/** A link that leads out of the folder that is copied. */
export class LinkLeadsOutside extends Error {
  override readonly name = 'LinkLeadsOutside';

  constructor(path: Buffer, target: Buffer) {
    super(`${path.toString()} is a link to ${target.toString()}, outside of what is copied`);
  }
}

/**
 * Lists what lies in a folder, parents before their content. Links are not followed.
 *
 * @param root Absolute.
 * @throws LinkLeadsOutside
 */
export async function scanFolder(root: Buffer, signal?: AbortSignal): Promise<TreeEntry[]> {
  const realRoot = await realpath(root, { encoding: 'buffer' });
  const entries: TreeEntry[] = [];
  const folders: Buffer[] = [Buffer.alloc(0)];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    signal?.throwIfAborted();
    const content = await readdir(joinBytes(root, folder), {
      withFileTypes: true,
      encoding: 'buffer',
    });
    for (const item of content) {
      const path = joinBytes(folder, item.name);
      if (item.isDirectory()) {
        const { mode, mtimeMs } = await lstat(joinBytes(root, path));
        const mtime = Math.max(0, Math.floor(mtimeMs / 1000));
        entries.push({ type: 'directory', path, mode: permissions(mode), mtime });
        folders.push(path);
      } else if (item.isFile()) {
        entries.push({ type: 'file', path });
      } else if (item.isSymbolicLink()) {
        entries.push({ type: 'link', path, target: await targetInside(root, realRoot, path) });
      }
    }
  }
  return entries;
}

/** The part of a mode that `chmod` sets. */
export function permissions(mode: Stats['mode']): number {
  return mode & 0o7777;
}

/** `a/b`; just the other where one is empty. */
export function joinBytes(folder: Buffer, name: Buffer): Buffer {
  if (folder.length === 0) return name;
  if (name.length === 0) return folder;
  return Buffer.concat([folder, Buffer.from('/'), name]);
}

/**
 * Where a link points to, relative to its folder.
 *
 * @throws LinkLeadsOutside
 */
async function targetInside(root: Buffer, realRoot: Buffer, link: Buffer): Promise<Buffer> {
  const target = await readlink(joinBytes(root, link), { encoding: 'buffer' });
  const inside = resolveLink(link, target, [root, realRoot]);
  if (inside === null || !(await staysInside(root, realRoot, link))) {
    throw new LinkLeadsOutside(link, target);
  }
  return inside;
}

/**
 * What the text of a link says, relative to the link's folder.
 *
 * @param link Relative to the folder that is copied.
 * @param roots Paths of that folder, one of which an absolute target begins with.
 * @returns `null` where it leads out of the folder.
 */
export function resolveLink(link: Buffer, target: Buffer, roots: readonly Buffer[]): Buffer | null {
  // One byte to one character and back: nothing is lost, and `/` and `.` are what they are.
  const folder = partsOf(link.toString('latin1')).slice(0, -1);
  const written = target.toString('latin1');
  if (!written.startsWith('/')) {
    return resolveParts([...folder, ...partsOf(written)]) === null ? null : target;
  }
  const inside = roots.map((root) => relativeTo(root, written)).find((parts) => parts !== null);
  if (!inside) return null;
  const relative = [...folder.map(() => '..'), ...inside].join('/');
  return Buffer.from(relative === '' ? '.' : relative, 'latin1');
}

/** Whether a link that is there ends inside the folder: what its text says may be led astray by a link on the way. */
async function staysInside(root: Buffer, realRoot: Buffer, link: Buffer): Promise<boolean> {
  const real = await realpath(joinBytes(root, link), { encoding: 'latin1' }).catch(() => null);
  return real === null || relativeTo(realRoot, real) !== null;
}

/** The names on a path. */
export function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

/** The path below `root`, `null` where it lies elsewhere. */
function relativeTo(root: Buffer, path: string): string[] | null {
  const base = partsOf(root.toString('latin1'));
  const parts = resolveParts(partsOf(path));
  if (!parts || base.some((part, index) => parts[index] !== part)) return null;
  return parts.slice(base.length);
}

/** Without `..`; `null` where it climbs higher than it began. */
function resolveParts(parts: readonly string[]): string[] | null {
  const resolved: string[] = [];
  for (const part of parts) {
    if (part !== '..') resolved.push(part);
    else if (resolved.pop() === undefined) return null;
  }
  return resolved;
}
