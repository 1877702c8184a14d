import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';

/**
 * How many bytes the files of a folder have.
 *
 * @param folder Absolute, here. What cannot be read counts nothing: copying it will tell.
 */
export async function measureFolder(folder: string): Promise<number> {
  try {
    const entries = await readdir(folder, { withFileTypes: true, recursive: true });
    const sizes = await Promise.all(
      entries
        .filter((entry) => entry.isFile())
        .map((entry) => lstat(path.join(entry.parentPath, entry.name)).then(({ size }) => size)),
    );
    return sizes.reduce((sum, size) => sum + size, 0);
  } catch {
    return 0;
  }
}
