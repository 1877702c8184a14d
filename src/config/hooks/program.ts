import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, normalize } from 'node:path';

import type { HookProgram } from '../../model/hook.js';
import { displayName, leavesFolder } from '../source/place.js';
import { findNearest } from '../value/nearest.js';
import { checkScript } from './script.js';

/** What is to be run, or why it cannot be. */
export type ResolvedProgram =
  | { readonly ok: true; readonly name: string; readonly program: HookProgram }
  | { readonly ok: false; readonly message: string; readonly hint: string };

/** Words that mean nothing to a shell but themselves. */
const PLAIN_WORDS = /^[\w@%+=:,./-]+(?:\s+[\w@%+=:,./-]+)*$/;

/**
 * Tells a script with its arguments from a line for the shell. It is a script where it begins with a path, or with the name
 * of a file of the project, and has nothing in it that only a shell understands. What is written as an absolute path is a
 * program of the machine where the hook runs, and nobody here knows it.
 *
 * @param folders Where scripts are looked for, absolute, the first one first.
 */
export function resolveProgram(
  run: string,
  root: string,
  folders: readonly string[],
): ResolvedProgram {
  const text = run.trim();
  if (text === '') return { ok: false, message: 'is empty', hint: 'name a script, or a command' };
  if (text.includes('\0')) return { ok: false, message: 'holds a NUL character', hint: '' };
  const line = {
    ok: true,
    name: firstLineOf(text),
    program: { kind: 'line', line: text },
  } as const;
  if (!PLAIN_WORDS.test(text)) return line;
  const [first = '', ...args] = text.split(/\s+/);
  if (isAbsolute(first)) return line;

  const found = folders
    .filter(() => !leavesFolder(first))
    .map((folder) => join(folder, normalize(first)))
    .find((file) => statSync(file, { throwIfNoEntry: false })?.isFile());
  if (found === undefined && !first.includes('/')) return line;
  if (leavesFolder(first)) {
    const message = `the script lies outside the project: '${first}'`;
    return { ok: false, message, hint: 'a program of the machine has an absolute path' };
  }
  if (found === undefined) return missing(first, root, folders);
  const file = found;
  const name = displayName(root, file);
  const checked = checkScript(file, name);
  if (!checked.ok) return checked;
  const { interpreter } = checked;
  return {
    ok: true,
    name: [name, ...args].join(' '),
    program: { kind: 'script', file, interpreter, args },
  };
}

function missing(
  script: string,
  root: string,
  folders: readonly string[],
): Extract<ResolvedProgram, { ok: false }> {
  const places = folders.map((folder) => displayName(root, join(folder, normalize(script))));
  const beside = folders.flatMap((folder) => namesIn(join(folder, dirname(script))));
  const nearest = findNearest(basename(script), beside);
  return {
    ok: false,
    message: `there is no script ${places.join(', and no ')}`,
    hint: nearest === undefined ? '' : `did you mean \`${join(dirname(script), nearest)}\`?`,
  };
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Hooks are told of in one line. */
function firstLineOf(text: string): string {
  const [first = '', ...rest] = text.split('\n');
  return rest.length > 0 ? `${first} …` : first;
}
