import { accessSync, constants } from 'node:fs';

import { hasWindowsLineEnds, readFirstLine } from '../source/first-line.js';
import { statOf } from '../source/stat.js';

/** A file that is to be run, or why it cannot be. */
export type CheckedScript =
  | {
      readonly ok: true;
      /** What runs it where it lacks the mode to be run itself. Else empty. */
      readonly interpreter: readonly string[];
    }
  | { readonly ok: false; readonly message: string; readonly hint: string };

/**
 * Whether a file can be run as a hook: by itself, or by what its first line names. Archives and some file systems lose
 * the mode, so that alone is no mistake.
 *
 * @param name What it is called in front of the user.
 */
export function checkScript(file: string, name: string): CheckedScript {
  const stats = statOf(file);
  if (!stats) return refuse(`the script ${name} does not exist`, '');
  if (!stats.isFile()) return refuse(`the script ${name} is not a file`, '');
  const firstLine = readFirstLine(file);
  if (hasWindowsLineEnds(firstLine)) {
    return refuse(
      `the script ${name} has Windows line ends: its interpreter would not be found`,
      `sed -i 's/\\r$//' ${name}`,
    );
  }
  if (isExecutable(file)) return { ok: true, interpreter: [] };
  const interpreter = interpreterOf(firstLine);
  if (interpreter) return { ok: true, interpreter };
  return refuse(
    `the script ${name} is not executable, and has no \`#!\` line`,
    `chmod +x ${name}, and start it with \`#!/bin/sh\`, or whatever it is written in`,
  );
}

function refuse(message: string, hint: string): CheckedScript {
  return { ok: false, message, hint };
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** As the kernel reads it: all that follows the program is one argument. */
function interpreterOf(firstLine: string | undefined): readonly string[] | undefined {
  const [, program, argument] = /^#!\s*(\S+)(?:\s+(.*\S))?\s*$/.exec(firstLine ?? '') ?? [];
  if (program === undefined) return undefined;
  return argument === undefined ? [program] : [program, argument];
}
