import { constants } from 'node:fs';
import { copyFile, mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const PACKAGE = fileURLToPath(new URL('../../', import.meta.url));

export interface CopiedTemplates {
  /** Relative to the target. */
  readonly written: readonly string[];
  readonly kept: readonly string[];
}

/** Copies the templates and the schemas that their first lines name into a new project. */
export async function copyTemplates(target: string): Promise<CopiedTemplates> {
  const files = [
    ...(await filesBelow(path.join(PACKAGE, 'templates'))).map((file) => ({
      from: path.join(PACKAGE, 'templates', file),
      // npm leaves files called .gitignore out of packages.
      to: file === 'gitignore' ? '.gitignore' : file,
    })),
    ...(await filesBelow(path.join(PACKAGE, 'schemas'))).map((file) => ({
      from: path.join(PACKAGE, 'schemas', file),
      to: path.join('config', 'schemas', file),
    })),
  ];
  const written: string[] = [];
  const kept: string[] = [];
  for (const { from, to } of files) {
    const file = path.join(target, to);
    await mkdir(path.dirname(file), { recursive: true });
    try {
      await copyFile(from, file, constants.COPYFILE_EXCL);
      written.push(to);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      kept.push(to);
    }
  }
  return { written, kept };
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
}
