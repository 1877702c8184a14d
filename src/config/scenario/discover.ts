import { readdirSync, type Dirent } from 'node:fs';
import { join } from 'node:path';

import { COMPOSE_FILES, DEFAULT_SCRIPT, METADATA_FILES } from '../file-names.js';
import type { ProblemLog } from '../problem-log.js';
import type { CustomEntry, Suite } from '../project/suite.js';
import { startOf } from '../source/file.js';
import { displayName } from '../source/place.js';
import { findNearest } from '../value/nearest.js';
import { statOf } from '../source/stat.js';

/** A folder that holds a scenario, or should. */
export interface ScenarioFolder {
  /** Relative to the scenarios root. */
  readonly directory: string;
  /** Absolute. */
  readonly path: string;
  /** The names of what lies in it. */
  readonly content: ReadonlySet<string>;
  /** Its entry in `custom_order`. */
  readonly custom: CustomEntry | undefined;
}

export interface Discovery {
  /** In execution order. */
  readonly folders: readonly ScenarioFolder[];
  /** Folders that look like scenarios, and lack their `metadata.yaml`. */
  readonly incomplete: readonly string[];
  /** Scenario folders that `custom_order` does not list. */
  readonly unlisted: readonly string[];
}

export const NO_SCENARIOS: Discovery = { folders: [], incomplete: [], unlisted: [] };

/** What only a scenario folder has. */
const SIGNS: readonly string[] = [...COMPOSE_FILES, DEFAULT_SCRIPT];

/** Finds the scenario folders, in the order of the execution mode. */
export function discoverScenarios(root: string, suite: Suite, log: ProblemLog): Discovery {
  const report = log.scoped({ kind: 'scenarios' });
  const name = displayName(root, suite.scenariosRoot);
  const entries = listDirectory(suite.scenariosRoot);
  if (!entries) {
    report({
      severity: 'error',
      at: startOf(name),
      path: '',
      message: 'the folder of the scenarios does not exist, or cannot be read',
      hint: 'create it, or say in scenarios.yaml where it is: `execution: { scenarios_root: … }`',
    });
    return NO_SCENARIOS;
  }
  const directories = entries
    .filter((entry) => !entry.name.startsWith('.') && isDirectory(suite.scenariosRoot, entry))
    .map((entry) => entry.name)
    .sort();
  if (suite.executionMode === 'custom') return discoverListed(root, suite, directories, log);

  const incomplete: string[] = [];
  const folders = directories.flatMap((directory): ScenarioFolder[] => {
    const folder = openFolder(suite, directory, undefined);
    if (hasMetadata(folder)) return [folder];
    if (SIGNS.some((file) => folder.content.has(file))) incomplete.push(directory);
    return [];
  });
  reportIncomplete(root, suite, incomplete, log);
  if (folders.length + incomplete.length === 0) {
    const message = 'there is no scenario in this folder';
    const hint = 'a scenario is a folder with a metadata.yaml';
    report({ severity: 'warning', at: startOf(name), path: '', message, hint });
  }
  return { folders, incomplete, unlisted: [] };
}

function discoverListed(
  root: string,
  suite: Suite,
  directories: readonly string[],
  log: ProblemLog,
): Discovery {
  const folders: ScenarioFolder[] = [];
  const incomplete: string[] = [];
  for (const custom of suite.customOrder) {
    const path = join(suite.scenariosRoot, custom.directory);
    if (isDirectoryAt(path)) {
      const folder = openFolder(suite, custom.directory, custom);
      if (hasMetadata(folder)) folders.push(folder);
      else incomplete.push(custom.directory);
      continue;
    }
    const nearest = findNearest(custom.directory, directories);
    log.scoped({ kind: 'project' })({
      severity: 'error',
      at: custom.at,
      path: `${custom.path}.directory`,
      message: `the folder ${displayName(root, path)} does not exist`,
      hint: nearest === undefined ? '' : `did you mean \`${nearest}\`?`,
    });
  }
  reportIncomplete(root, suite, incomplete, log);
  const listed = new Set(suite.customOrder.map(({ directory }) => directory));
  const unlisted = directories.filter(
    (directory) => !listed.has(directory) && hasMetadata(openFolder(suite, directory, undefined)),
  );
  return { folders, incomplete, unlisted };
}

function openFolder(
  suite: Suite,
  directory: string,
  custom: CustomEntry | undefined,
): ScenarioFolder {
  const path = join(suite.scenariosRoot, directory);
  const content = new Set(listDirectory(path)?.map((entry) => entry.name));
  return { directory, path, content, custom };
}

function hasMetadata({ content }: ScenarioFolder): boolean {
  return METADATA_FILES.some((file) => content.has(file));
}

function reportIncomplete(
  root: string,
  suite: Suite,
  directories: readonly string[],
  log: ProblemLog,
): void {
  for (const directory of directories) {
    const file = join(suite.scenariosRoot, directory, METADATA_FILES[0]);
    log.scoped({ kind: 'scenario', name: directory, directory })({
      severity: 'error',
      at: startOf(displayName(root, file)),
      path: '',
      message: 'does not exist, so this folder is no scenario yet',
      hint: `write it; its least content is \`name: ${directory.split('/').at(-1) ?? ''}\``,
    });
  }
}

function listDirectory(path: string): readonly Dirent[] | undefined {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch {
    return undefined;
  }
}

function isDirectory(parent: string, entry: Dirent): boolean {
  return entry.isDirectory() || (entry.isSymbolicLink() && isDirectoryAt(join(parent, entry.name)));
}

function isDirectoryAt(path: string): boolean {
  return statOf(path)?.isDirectory() ?? false;
}
