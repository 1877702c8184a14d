import { reportUnset } from '../check/section.js';
import type { Report } from '../problem-log.js';
import {
  describe,
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
  LEASE_SETTING,
  WEBHOOK_SETTING,
} from './built-in.js';

export type LayerName = 'scenario' | 'project' | 'built-in';

/** A setting that somebody wrote. */
export interface Written {
  readonly layer: Exclude<LayerName, 'built-in'>;
  readonly path: readonly PathStep[];
  readonly entry: YamlEntry;
}

/** The settings that one file gives. */
export interface Layer {
  /** Under whichever of its names; the usual one comes first. */
  readonly settings: ReadonlyMap<string, readonly Written[]>;
  /** `test_execution.env` */
  readonly env: ReadonlyMap<string, Written>;
}

/** Sections that have, or had, another name. */
const SECTION_NAMES: Readonly<Record<string, string>> = {
  concurrent_execution: 'concurrent_deployment',
};
/** Settings that have another name somewhere. */
const OTHER_NAMES: readonly (readonly [readonly [string, string], SettingKey])[] = [
  [['execution_config', 'default_collection_mode'], 'test_execution.collection_mode'],
  [['inter_scenario', 'retry_count'], 'retry_strategy.scenario_level_retries'],
];

/**
 * Gathers the settings of a file.
 *
 * @param invalid Rendered paths of what the schema refused.
 * @param prefix Where the sections of settings lie: `execution_config` in `scenarios.yaml`.
 */
export function readLayer(
  layer: Written['layer'],
  root: YamlMap,
  invalid: ReadonlySet<string>,
  prefix: readonly string[],
): Layer {
  const settings = new Map<string, Written[]>();
  const env = new Map<string, Written>();
  const isRefused = (path: readonly PathStep[]) =>
    invalid.size > 0 && path.some((_, at) => invalid.has(renderPath(path.slice(0, at + 1))));
  const add = (key: string, path: readonly PathStep[], entry: YamlEntry | undefined) => {
    if (!entry || isEmpty(entry.value) || isRefused(path)) return;
    const earlier = settings.get(key);
    const written = { layer, path, entry };
    // The usual name is the last to be looked at.
    if (earlier) earlier.unshift(written);
    else settings.set(key, [written]);
  };

  for (const [[section, name], key] of OTHER_NAMES) {
    add(key, [section, name], mapAt(root, [section])?.entries.get(name));
  }
  const sections = [...(mapAt(root, prefix)?.entries.values() ?? [])];
  // The older name of a section goes first, so that the usual one ends up before it.
  sections.sort((a, b) => Number(b.key in SECTION_NAMES) - Number(a.key in SECTION_NAMES));
  add(LEASE_SETTING, [...prefix, LEASE_SETTING], mapAt(root, prefix)?.entries.get(LEASE_SETTING));
  for (const { key: sectionName, value } of sections) {
    if (value.kind !== 'map') continue;
    const usual = SECTION_NAMES[sectionName] ?? sectionName;
    for (const entry of value.entries.values()) {
      add(`${usual}.${entry.key}`, [...prefix, sectionName, entry.key], entry);
    }
  }
  const envPath = [...prefix, ...ENV_SETTING.split('.')];
  for (const entry of mapAt(root, envPath)?.entries.values() ?? []) {
    const path = [...envPath, entry.key];
    if (!isEmpty(entry.value) && !isRefused(path)) env.set(entry.key, { layer, path, entry });
  }
  return { settings, env };
}

function mapAt(root: YamlMap, path: readonly string[]): YamlMap | undefined {
  let map: YamlMap | undefined = root;
  for (const step of path) {
    const value: YamlNode | undefined = map?.entries.get(step)?.value;
    map = value?.kind === 'map' ? value : undefined;
  }
  return map;
}

function isEmpty(node: YamlNode): boolean {
  return node.kind === 'scalar' && node.value === null && node.unset === undefined;
}

/** The settings of one scenario: files in order of their priority, over what is built in. */
export interface Settings {
  /** What was written, and by whom. `undefined`: it is built in. */
  find(key: SettingKey): Written | undefined;
  /** The value as it is written or built in. An unset variable in it becomes a problem. */
  get<K extends SettingKey>(key: K, report: Report): SettingValue<K>;
  /** `test_execution.env`: every variable, with the highest layer that gives it. */
  findEnv(): ReadonlyMap<string, Written>;
}

/** Who wrote a setting, of the highest layer that has it. */
export function findWritten(layers: readonly Layer[], key: string): Written | undefined {
  for (const { settings } of layers) {
    const [first] = settings.get(key) ?? [];
    if (first) return first;
  }
  return undefined;
}

export function createSettings(layers: readonly Layer[]): Settings {
  const find = (key: SettingKey) => findWritten(layers, key);
  return {
    find,
    get(key, report) {
      const written = find(key);
      const isUsed = written && reportUnset(written.entry.value, written.path, report);
      // The schema has made sure of the type.
      return (isUsed ? toPlain(written.entry.value) : BUILT_IN[key]) as SettingValue<typeof key>;
    },
    findEnv: () => new Map(layers.toReversed().flatMap(({ env }) => [...env])),
  };
}

/** Two names of one setting in one file, with different values. */
export function reportContradictions({ settings }: Layer, report: Report): void {
  for (const [first, second] of settings.values()) {
    if (!first || !second || isSame(first, second)) continue;
    const usual = `${renderPath(first.path)} in line ${locateKey(first.entry).line}`;
    report({
      severity: 'error',
      at: locateKey(second.entry),
      path: renderPath(second.path),
      message: `says ${describe(second.entry.value)}, and ${usual} says ${describe(first.entry.value)}: they are two names for one setting`,
      hint: 'keep one of them',
    });
  }
}

/** Two files of one layer, with different values: the first counts, and the user may not have meant that. */
export function reportOverrides(winner: Layer, loser: Layer, report: Report): void {
  for (const key of [...SETTING_KEYS, WEBHOOK_SETTING, LEASE_SETTING]) {
    const [first] = winner.settings.get(key) ?? [];
    const [second] = loser.settings.get(key) ?? [];
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
