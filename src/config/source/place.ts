import { isAbsolute, normalize, relative, sep } from 'node:path';

/** What a path is called in front of the user: relative to the project inside it, absolute elsewhere. */
export function displayName(root: string, path: string): string {
  // Nearly every file lies in the project, and `relative` takes its time.
  const prefix = root.endsWith(sep) ? root : root + sep;
  const inside = path.startsWith(prefix) ? path.slice(prefix.length) : relative(root, path);
  if (inside === '') return '.';
  return isOutside(inside) ? path : inside.replaceAll(sep, '/');
}

/** Whether a relative path, taken from a folder, leads out of it. */
export function leavesFolder(path: string): boolean {
  return isOutside(normalize(path));
}

function isOutside(relativePath: string): boolean {
  return relativePath === '..' || relativePath.startsWith(`..${sep}`) || isAbsolute(relativePath);
}
