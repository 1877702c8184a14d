import type { Report } from '../problem-log.js';
import { reportUnset } from '../check/section.js';
import {
  describe,
  findAt,
  locateKey,
  renderPath,
  toPlain,
  type PathStep,
  type YamlEntry,
  type YamlMap,
  type YamlNode,
} from '../yaml/tree.js';
import {
  BUILT_IN,
  ENV_SETTING,
  SETTING_KEYS,
  type SettingKey,
  type SettingValue,
} from './built-in.js';

export type LayerName = 'scenario' | 'project' | 'built-in';

/** A file that gives settings. */
export interface LayerFile {
  readonly layer: Exclude<LayerName, 'built-in'>;
  readonly root: YamlMap;
  readonly invalid: ReadonlySet<string>;
  /** Where the sections of settings lie in the file: `execution_config` in `scenarios.yaml`. */
  readonly prefix: readonly string[];
}

/** A setting that somebody wrote. */
export interface Written {
  readonly layer: LayerFile['layer'];
  readonly path: readonly PathStep[];
  readonly entry: YamlEntry;
}

/** Other names that a setting has in some file. */
const OTHER_NAMES: Partial<Record<SettingKey, readonly (readonly string[])[]>> = {
  'test_execution.collection_mode': [['execution_config', 'default_collection_mode']],
  'retry_strategy.scenario_level_retries': [['inter_scenario', 'retry_count']],
};

/** The settings of one scenario, or of the project: files in order of their priority, over what is built in. */
export interface Settings {
  /** What was written, and by whom. `undefined`: it is built in. */
  find(key: SettingKey): Written | undefined;
  /** The value as it is written or built in. An unset variable in it becomes a problem. */
  get<K extends SettingKey>(key: K, report: Report): SettingValue<K>;
  /** `test_execution.env`: every variable, with the highest layer that gives it. */
  findEnv(): ReadonlyMap<string, Written>;
}

export function createSettings(files: readonly LayerFile[]): Settings {
  const find = (key: SettingKey): Written | undefined => {
    for (const file of files) {
      const [first] = writtenIn(file, key);
      if (first) return first;
    }
    return undefined;
  };
  return {
    find,
    get(key, report) {
      const written = find(key);
      const isUsed = written && reportUnset(written.entry.value, written.path, report);
      // The schema has made sure of the type.
      return (isUsed ? toPlain(written.entry.value) : BUILT_IN[key]) as SettingValue<typeof key>;
    },
    findEnv() {
      const env = new Map<string, Written>();
      for (const file of files) {
        const path = [...file.prefix, ...ENV_SETTING.split('.')];
        const found = findAt(file.root, path)?.node;
        if (found?.kind !== 'map') continue;
        for (const entry of found.entries.values()) {
          const place = [...path, entry.key];
          if (env.has(entry.key) || !isUsable(file, place, entry.value)) continue;
          env.set(entry.key, { layer: file.layer, path: place, entry });
        }
      }
      return env;
    },
  };
}

/** All places of one file that give a setting, under whichever of its names. The usual name comes first. */
function writtenIn(file: LayerFile, key: SettingKey): readonly Written[] {
  return namesOf(file, key).flatMap((path): Written[] => {
    const found = findAt(file.root, path);
    if (!found?.entry || !isUsable(file, path, found.node)) return [];
    return [{ layer: file.layer, path, entry: found.entry }];
  });
}

function namesOf(file: LayerFile, key: SettingKey): readonly (readonly string[])[] {
  const [section = '', name = ''] = key.split('.');
  const names = [[...file.prefix, section, name]];
  if (section === 'concurrent_deployment')
    names.push([...file.prefix, 'concurrent_execution', name]);
  return [...names, ...(OTHER_NAMES[key] ?? []).map((path) => [...path])];
}

function isUsable(file: LayerFile, path: readonly PathStep[], node: YamlNode): boolean {
  const isWritten = node.kind !== 'scalar' || node.value !== null || node.unset !== undefined;
  return isWritten && !path.some((_, at) => file.invalid.has(renderPath(path.slice(0, at + 1))));
}

/** Two names of one setting in one file, with different values. */
export function reportContradictions(file: LayerFile, report: Report): void {
  for (const key of SETTING_KEYS) {
    const [first, second] = writtenIn(file, key);
    if (!first || !second || isSame(first, second)) continue;
    report({
      severity: 'error',
      at: locateKey(second.entry),
      path: renderPath(second.path),
      message: `says ${describe(second.entry.value)}, and ${renderPath(first.path)} in line ${locateKey(first.entry).line} says ${describe(first.entry.value)}: they are two names for one setting`,
      hint: 'keep one of them',
    });
  }
}

/** Two files of one layer, with different values: the first counts, and the user may not have meant that. */
export function reportOverrides(winner: LayerFile, loser: LayerFile, report: Report): void {
  for (const key of SETTING_KEYS) {
    const [first] = writtenIn(winner, key);
    const [second] = writtenIn(loser, key);
    if (!first || !second || isSame(first, second)) continue;
    const at = locateKey(first.entry);
    report({
      severity: 'warning',
      at: locateKey(second.entry),
      path: renderPath(second.path),
      message: `has no effect: ${renderPath(first.path)} in ${at.file}:${at.line} says ${describe(first.entry.value)}, and counts`,
      hint: 'keep one of them',
    });
  }
}

function isSame(first: Written, second: Written): boolean {
  return JSON.stringify(toPlain(first.entry.value)) === JSON.stringify(toPlain(second.entry.value));
}
