import { readdir, readlink } from 'node:fs/promises';
import path from 'node:path';

import { exists } from '../files/exists.js';
import { type FileHash, hashFileAt, hashFiles } from '../files/file-hashes.js';

/** One file of a scenario, or one link. */
export type InputFile =
  | {
      /** Relative to the scenario's folder, with `/`. */
      readonly path: string;
      /** `0755` */
      readonly mode: string;
      readonly sha256: string;
    }
  /** One that holds secrets: its fingerprint with the project's key. */
  | { readonly path: string; readonly mode: string; readonly sealed: string }
  | { readonly path: string; readonly link: string };

export interface LocatedFile {
  readonly file: InputFile;
  /** Absolute. */
  readonly at: string;
}

/**
 * Everything in a scenario's folder, sorted by path.
 *
 * @param folder Absolute.
 * @param known The fingerprints of its files, where somebody has taken them already.
 * @throws What the file system says.
 */
export async function listInputFiles(
  folder: string,
  known?: readonly Pick<FileHash, 'path' | 'mode' | 'sha256'>[],
): Promise<readonly InputFile[]> {
  const [files, links] = await Promise.all([known ?? hashFiles(folder), listLinks(folder)]);
  return [
    ...files.map(({ path: file, mode, sha256 }) => ({ path: file, mode, sha256 })),
    ...links,
  ].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

/**
 * Files of the project that lie outside the scenario's folder.
 *
 * @param root The project's root, absolute.
 * @param files Absolute.
 * @throws What the file system says.
 */
export async function listFurtherFiles(
  root: string,
  files: readonly string[],
): Promise<readonly LocatedFile[]> {
  return Promise.all(
    [...new Set(files)].sort().map(async (at) => {
      const { mode, sha256 } = await hashFileAt(at);
      return { file: { path: nameInProject(root, at), mode, sha256 }, at };
    }),
  );
}

/**
 * Everything in another folder of the project; nothing where there is no such folder.
 *
 * @param root The project's root, absolute.
 * @param folder Absolute.
 * @param except Files that do not count, absolute.
 * @throws What the file system says.
 */
export async function listFurtherFolder(
  root: string,
  folder: string,
  except: ReadonlySet<string>,
): Promise<readonly LocatedFile[]> {
  if (!(await exists(folder))) return [];
  return (await listInputFiles(folder))
    .map((file) => ({ file, at: path.join(folder, file.path) }))
    .filter(({ at }) => !except.has(at))
    .map(({ file, at }) => ({ file: { ...file, path: nameInProject(root, at) }, at }));
}

function nameInProject(root: string, file: string): string {
  return `the project’s ${path.relative(root, file)}`;
}

async function listLinks(folder: string, below = ''): Promise<readonly InputFile[]> {
  // Names are bytes, and need not be UTF-8.
  const within = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(below, 'latin1')]);
  const entries = await readdir(within, { withFileTypes: true, encoding: 'buffer' });
  const found = await Promise.all(
    entries.map(async (entry): Promise<readonly InputFile[]> => {
      const name = below + entry.name.toString('latin1');
      if (entry.isDirectory()) return listLinks(folder, `${name}/`);
      if (!entry.isSymbolicLink()) return [];
      const link = await readlink(Buffer.concat([within, entry.name]));
      return [{ path: Buffer.from(name, 'latin1').toString(), link }];
    }),
  );
  return found.flat();
}
