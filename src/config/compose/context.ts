import { isAbsolute, relative, resolve } from 'node:path';

import type { Report } from '../problem-log.js';
import type { SourceFile } from '../source/file.js';
import { leavesFolder } from '../source/place.js';
import type { SecretCollector } from '../value/secret.js';
import type { Lookup } from '../value/template.js';
import type { ComposeFile } from './model.js';
import { fail, type Placed } from './reader.js';

/** What reading the compose files of one scenario needs to know. */
export interface ComposeContext {
  /** The project, for names of files in messages. */
  readonly root: string;
  /** The scenario's folder, absolute. Nothing outside of it reaches a node. */
  readonly folder: string;
  readonly lookup: Lookup;
  readonly report: Report;
  readonly secrets: SecretCollector;
  /** Names of unset variables that the user was told of. */
  readonly told: Set<string>;
  /** Where relative paths of a file start, if not in its own folder (`include` with `project_directory`). */
  readonly bases: Map<SourceFile, string>;
  /** Files that were read, by their path; `undefined` for one that could not be. A lookup of its own reads anew. */
  readonly files: Map<Lookup, Map<string, ComposeFile | undefined>>;
}

export function baseOf(context: ComposeContext, file: SourceFile): string {
  return context.bases.get(file) ?? resolve(file.path, '..');
}

/**
 * The absolute path that a compose file names; `undefined`, and a problem, where it is not in the scenario's folder.
 *
 * @param base Where a relative path starts.
 */
export function resolveInside(
  context: ComposeContext,
  value: Placed,
  written: string,
  base: string,
): string | undefined {
  if (/^(?:[a-z]+:|git@)/.test(written)) {
    fail(
      context.report,
      value,
      `\`${written}\` is a remote file, which cannot be used here`,
      'copy it into the folder of the scenario',
    );
    return undefined;
  }
  const path = resolve(base, written);
  const inside = relative(context.folder, path);
  if (isAbsolute(written) || leavesFolder(inside)) {
    fail(
      context.report,
      value,
      `\`${written}\` lies outside the folder of the scenario, which is all that reaches a node`,
      'move or copy it into the folder',
    );
    return undefined;
  }
  return path;
}
