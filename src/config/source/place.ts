import { isAbsolute, relative, resolve, sep } from 'node:path';

/** What a path is called in front of the user: relative to the project inside it, absolute elsewhere. */
export function displayName(root: string, path: string): string {
  const inside = relative(root, path);
  if (inside === '') return '.';
  return isOutside(inside) ? path : inside.split(sep).join('/');
}

/** Whether a path, taken from a folder, leads out of it. */
export function leavesFolder(path: string): boolean {
  return isOutside(relative('/folder', resolve('/folder', path)));
}

function isOutside(relativePath: string): boolean {
  return relativePath === '..' || relativePath.startsWith(`..${sep}`) || isAbsolute(relativePath);
}
