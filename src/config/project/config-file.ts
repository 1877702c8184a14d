import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { createSection, type Section } from '../check/section.js';
import { validateTree } from '../check/validate.js';
import type { Finding, Report } from '../problem-log.js';
import type { ValidatedName } from '../schema/catalogue.js';
import { locate, startOf, type SourceFile } from '../source/file.js';
import { displayName } from '../source/place.js';
import { readSource } from '../source/read.js';
import type { SecretCollector } from '../value/secret.js';
import type { Lookup } from '../value/template.js';
import { parseYaml } from '../yaml/parse.js';
import { collectSecrets } from '../yaml/secrets.js';
import { describe, type PathStep, type YamlMap } from '../yaml/tree.js';
import { substituteVariables } from './variables.js';

/** One of the project's own files, read. */
export interface ConfigFile {
  readonly file: SourceFile;
  readonly root: YamlMap;
}

/** A file that was held against its schema. */
export interface ValidatedFile<T extends object> extends ConfigFile {
  readonly invalid: ReadonlySet<string>;
  /** The file as a section that reports to whom it is given. */
  readonly section: (report: Report) => Section<T>;
}

export type FoundFile =
  | { readonly kind: 'missing' }
  | { readonly kind: 'broken' }
  | { readonly kind: 'found'; readonly path: string };

/** Finds a file that may have several names. Two of them at once are a problem. */
export function findFile(
  root: string,
  directory: string,
  names: readonly string[],
  report: Report,
): FoundFile {
  return chooseFile(
    root,
    directory,
    names.filter((name) => existsSync(join(directory, name))),
    report,
  );
}

/** As `findFile`, of names that are known to exist. */
export function chooseFile(
  root: string,
  directory: string,
  present: readonly string[],
  report: Report,
): FoundFile {
  const [first, second] = present;
  if (first === undefined) return { kind: 'missing' };
  const path = join(directory, first);
  if (second === undefined) return { kind: 'found', path };
  report({
    severity: 'error',
    at: startOf(displayName(root, join(directory, second))),
    path: '',
    message: `there is also ${displayName(root, path)}, which means the same`,
    hint: 'keep one of the two',
  });
  return { kind: 'broken' };
}

/**
 * Reads one of the project's own files: a YAML map. Variables are not resolved yet.
 *
 * @param mayBeEmpty A file of comments only counts as an empty map. One without a single character never does.
 */
export async function readConfig(
  root: string,
  path: string,
  report: Report,
  secrets: SecretCollector,
  mayBeEmpty: boolean,
): Promise<ConfigFile | undefined> {
  const name = displayName(root, path);
  const read = readSource(path, name);
  if (!read.ok) {
    const { message, hint, line } = read.problem;
    report({ severity: 'error', at: { ...startOf(name), line }, path: '', message, hint });
    return undefined;
  }
  const { file } = read;
  const parsed = await parseYaml(file);
  if (!parsed.ok) {
    for (const { offset, message, hint } of parsed.problems) {
      report({ severity: 'error', at: locate(file, offset), path: '', message, hint });
    }
    return undefined;
  }
  if (parsed.root) collectSecrets(parsed.root, secrets);
  if (parsed.root?.kind === 'map') return { file, root: parsed.root };
  const isEmpty =
    parsed.root === null || (parsed.root.kind === 'scalar' && parsed.root.value === null);
  if (isEmpty && mayBeEmpty && file.text.trim() !== '') {
    return { file, root: { kind: 'map', file, start: 0, entries: new Map() } };
  }
  report({
    severity: 'error',
    at: startOf(name),
    path: '',
    message: isEmpty ? 'is empty' : `must be a map; got ${describe(parsed.root)}`,
  });
  return undefined;
}

/** Resolves variables and validates. */
export async function validateConfig<T extends object>(
  name: ValidatedName,
  { file, root }: ConfigFile,
  lookup: Lookup,
  report: (finding: Finding, path: readonly PathStep[]) => void,
): Promise<ValidatedFile<T>> {
  const substituted = substituteVariables(root, lookup);
  const validated = await validateTree(name, substituted, report);
  return {
    file,
    root: validated.root,
    invalid: validated.invalid,
    section: (sectionReport) =>
      createSection<T>(validated.root, [], { report: sectionReport, invalid: validated.invalid }),
  };
}
