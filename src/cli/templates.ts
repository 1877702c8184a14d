import { constants } from 'node:fs';
import { copyFile, mkdir, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { ExitCode } from '../model/exit-code.js';
import { CliError } from './error.js';

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
    try {
      await makeFolder(path.dirname(file));
      await copyFile(from, file, constants.COPYFILE_EXCL);
      written.push(to);
    } catch (error) {
      if (error instanceof CliError) throw error;
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== 'EEXIST') {
        throw new CliError(`could not write ${file}: ${message}`, ExitCode.usage);
      }
      kept.push(to);
    }
  }
  return { written, kept };
}

/** Step by step: with `recursive`, Node never comes back from a place like /proc. */
async function makeFolder(folder: string): Promise<void> {
  try {
    if ((await stat(folder)).isDirectory()) return;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    await makeFolder(path.dirname(folder));
    await mkdir(folder);
    return;
  }
  throw new CliError(`${folder} is a file, not a folder`, ExitCode.usage);
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
}
