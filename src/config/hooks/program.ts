import { readdirSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, normalize } from 'node:path';

import { split } from 'shlex';

import type { HookProgram } from '../../model/hook.js';
import { displayName, leavesFolder } from '../source/place.js';
import { findNearest } from '../value/nearest.js';
import { statOf } from '../source/stat.js';
import { checkScript } from './script.js';

/** What is to be run, or why it cannot be. */
export type ResolvedProgram =
  | {
      readonly ok: true;
      readonly name: string;
      readonly program: HookProgram;
      /** Why it may not be what was meant. */
      readonly doubt?: { readonly message: string; readonly hint: string };
    }
  | { readonly ok: false; readonly message: string; readonly hint: string };

/** A word that means nothing to a shell but itself, in quotes where it holds more than that. */
const WORD = /(?:[\w@%+=:,./-]|'[^']*'|"[^"$`\\!]*")+/;
const PLAIN_WORDS = new RegExp(`^${WORD.source}(?:\\s+${WORD.source})*$`);
const FIRST_WORD = /^[\w@%+=:,./-]+(?=\s)/;

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
  if (!PLAIN_WORDS.test(text)) return { ...line, ...doubtOf(text, root, folders) };
  const [first = '', ...args] = split(text);
  if (isAbsolute(first)) return line;

  const found = findScript(first, folders);
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
    name: name + text.slice(text.search(/\s|$/)),
    program: { kind: 'script', file, interpreter, args },
  };
}

function findScript(name: string, folders: readonly string[]): string | undefined {
  if (leavesFolder(name)) return undefined;
  return folders
    .map((folder) => join(folder, normalize(name)))
    .find((file) => statOf(file)?.isFile());
}

/** A shell looks for a program in the PATH: a file of the project it does not find. */
function doubtOf(text: string, root: string, folders: readonly string[]) {
  const [first] = FIRST_WORD.exec(text) ?? [];
  if (first === undefined || first.includes('/')) return {};
  const file = findScript(first, folders);
  if (file === undefined) return {};
  const message = `is a line for the shell, which does not look for \`${first}\` in the project`;
  const hint = `to run ${displayName(root, file)}: leave \`$\`, \`;\` and the like to a script of its own`;
  return { doubt: { message, hint } };
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
