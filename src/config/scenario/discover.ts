import { readdirSync, statSync, type Dirent } from 'node:fs';
import { join } from 'node:path';

import type { ProblemLog } from '../problem-log.js';
import type { CustomEntry, Suite } from '../project/suite.js';
import { COMPOSE_FILES, DEFAULT_SCRIPT, METADATA_FILES } from '../file-names.js';
import { startOf } from '../source/file.js';
import { displayName } from '../source/place.js';
import { findNearest } from '../value/nearest.js';

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
  /** Scenario folders that `custom_order` does not list. */
  readonly unlisted: readonly string[];
}

/** Finds the scenario folders, in the order of the execution mode. */
export function discoverScenarios(root: string, suite: Suite, log: ProblemLog): Discovery {
  const report = log.scoped({ kind: 'project' });
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
    return { folders: [], unlisted: [] };
  }
  const directories = entries
    .filter((entry) => !entry.name.startsWith('.') && isDirectory(suite.scenariosRoot, entry))
    .map((entry) => entry.name)
    .sort();
  if (suite.executionMode === 'custom') return discoverListed(root, suite, directories, log);

  const folders = directories.flatMap(
    (directory) => openFolder(root, suite, directory, undefined, log) ?? [],
  );
  if (folders.length === 0) {
    const message = 'there is no scenario in this folder';
    const hint = 'a scenario is a folder with a metadata.yaml';
    report({ severity: 'warning', at: startOf(name), path: '', message, hint });
  }
  return { folders, unlisted: [] };
}

function discoverListed(
  root: string,
  suite: Suite,
  directories: readonly string[],
  log: ProblemLog,
): Discovery {
  const folders: ScenarioFolder[] = [];
  for (const custom of suite.customOrder) {
    const path = join(suite.scenariosRoot, custom.directory);
    if (isDirectoryAt(path)) {
      const folder = openFolder(root, suite, custom.directory, custom, log);
      if (folder) folders.push(folder);
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
  const listed = new Set(suite.customOrder.map(({ directory }) => directory));
  const unlisted = directories.filter((directory) => {
    if (listed.has(directory)) return false;
    const content = namesIn(join(suite.scenariosRoot, directory));
    return METADATA_FILES.some((file) => content.has(file));
  });
  return { folders, unlisted };
}

/** A folder with a `metadata.yaml`; one that looks as if it should have one is a problem, any other is none of ours. */
function openFolder(
  root: string,
  suite: Suite,
  directory: string,
  custom: CustomEntry | undefined,
  log: ProblemLog,
): ScenarioFolder | undefined {
  const path = join(suite.scenariosRoot, directory);
  const content = namesIn(path);
  if (METADATA_FILES.some((file) => content.has(file))) return { directory, path, content, custom };
  if (custom || [...COMPOSE_FILES, DEFAULT_SCRIPT].some((file) => content.has(file))) {
    log.scoped({ kind: 'scenario', name: directory, directory })({
      severity: 'error',
      at: startOf(displayName(root, join(path, METADATA_FILES[0]))),
      path: '',
      message: 'does not exist, so this folder is no scenario yet',
      hint: `write it; its least content is \`name: ${directory.split('/').at(-1) ?? ''}\``,
    });
    return undefined;
  }
  return undefined;
}

function namesIn(path: string): ReadonlySet<string> {
  return new Set(listDirectory(path)?.map((entry) => entry.name));
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
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
