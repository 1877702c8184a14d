import type { Severity } from '../../model/problem.js';
import type { SourceLocation } from '../../model/source.js';
import type { Report } from '../problem-log.js';
import {
  locateEntry,
  locateKey,
  locateNode,
  renderPath,
  toPlain,
  type PathStep,
  type YamlEntry,
  type YamlMap,
  type YamlNode,
  type YamlScalar,
} from '../yaml/tree.js';

type KeyOf<T> = Extract<keyof T, string>;
type ValueOf<T, K extends keyof T> = Exclude<T[K], undefined>;
type MapOf<T> = Extract<T, object>;
type ItemOf<T> = T extends readonly (infer Item)[] ? Item : never;

/**
 * A map of a file that passed its schema, read key by key. Reading is using: a value with an unset variable becomes a
 * problem here, and only here. What the schema refused reads as not there.
 */
export interface Section<T extends object> {
  readonly map: YamlMap;
  readonly path: readonly PathStep[];
  /** The value; `undefined` where there is none that could be used. */
  get<K extends KeyOf<T>>(key: K): ValueOf<T, K> | undefined;
  /** The map under a key. */
  section<K extends KeyOf<T>>(key: K): Section<MapOf<ValueOf<T, K>>> | undefined;
  /** The maps of a list. */
  sections<K extends KeyOf<T>>(key: K): readonly Section<MapOf<ItemOf<ValueOf<T, K>>>>[];
  /** The values of a list, each with its place. */
  items(key: KeyOf<T>): readonly { readonly node: YamlNode; readonly path: readonly PathStep[] }[];
  /** Something is written there, usable or not. */
  has(key: KeyOf<T>): boolean;
  /** Something is written there that cannot be used; the problem is reported already, or will be when it is read. */
  isUnusable(key: KeyOf<T>): boolean;
  /** Where the value is written; the section itself where there is none. */
  at(key?: KeyOf<T>): SourceLocation;
  keyAt(key: KeyOf<T>): SourceLocation;
  error(key: KeyOf<T> | null, message: string, hint?: string): void;
  warn(key: KeyOf<T> | null, message: string, hint?: string): void;
}

/** What all sections of a file share. */
export interface SectionContext {
  readonly report: Report;
  /** Rendered paths of what the schema refused. */
  readonly invalid: ReadonlySet<string>;
}

export function createSection<T extends object>(
  map: YamlMap,
  path: readonly PathStep[],
  context: SectionContext,
): Section<T> {
  return new MapSection<T>(map, path, context);
}

class MapSection<T extends object> implements Section<T> {
  readonly map: YamlMap;
  readonly path: readonly PathStep[];
  readonly #context: SectionContext;

  constructor(map: YamlMap, path: readonly PathStep[], context: SectionContext) {
    this.map = map;
    this.path = path;
    this.#context = context;
  }

  get<K extends KeyOf<T>>(key: K): ValueOf<T, K> | undefined {
    const entry = this.#usable(key);
    if (!entry || !reportUnset(entry.value, [...this.path, key], this.#context.report)) {
      return undefined;
    }
    // The schema has made sure of the type.
    return toPlain(this.#withoutRefused(entry.value, [...this.path, key])) as ValueOf<T, K>;
  }

  section<K extends KeyOf<T>>(key: K): Section<MapOf<ValueOf<T, K>>> | undefined {
    const value = this.#usable(key)?.value;
    return value?.kind === 'map'
      ? createSection(value, [...this.path, key], this.#context)
      : undefined;
  }

  sections<K extends KeyOf<T>>(key: K): readonly Section<MapOf<ItemOf<ValueOf<T, K>>>>[] {
    return this.items(key).flatMap(({ node, path }) =>
      node.kind === 'map'
        ? [createSection<MapOf<ItemOf<ValueOf<T, K>>>>(node, path, this.#context)]
        : [],
    );
  }

  items(key: KeyOf<T>) {
    const value = this.#usable(key)?.value;
    if (value?.kind !== 'sequence') return [];
    return value.items
      .map((node, index) => ({ node, path: [...this.path, key, index] }))
      .filter((item) => !this.#isRefused(item.path));
  }

  has(key: KeyOf<T>): boolean {
    return this.#written(key) !== undefined;
  }

  isUnusable(key: KeyOf<T>): boolean {
    const entry = this.#written(key);
    return entry !== undefined && (this.#usable(key) === undefined || isUnset(entry.value));
  }

  at(key?: KeyOf<T>): SourceLocation {
    const entry = key === undefined ? undefined : this.map.entries.get(key);
    return entry ? locateEntry(entry) : locateNode(this.map);
  }

  keyAt(key: KeyOf<T>): SourceLocation {
    const entry = this.map.entries.get(key);
    return entry ? locateKey(entry) : locateNode(this.map);
  }

  error(key: KeyOf<T> | null, message: string, hint = ''): void {
    this.#tell('error', key, message, hint);
  }

  warn(key: KeyOf<T> | null, message: string, hint = ''): void {
    this.#tell('warning', key, message, hint);
  }

  #tell(severity: Severity, key: KeyOf<T> | null, message: string, hint: string): void {
    const path = renderPath(key === null ? this.path : [...this.path, key]);
    this.#context.report({ severity, at: this.at(key ?? undefined), path, message, hint });
  }

  #written(key: string): YamlEntry | undefined {
    const entry = this.map.entries.get(key);
    return entry && isEmpty(entry.value) ? undefined : entry;
  }

  #usable(key: string): YamlEntry | undefined {
    return this.#isRefused([...this.path, key]) ? undefined : this.#written(key);
  }

  #withoutRefused(node: YamlNode, path: readonly PathStep[]): YamlNode {
    if (this.#context.invalid.size === 0 || node.kind === 'scalar') return node;
    const steps = node.kind === 'map' ? [...node.entries.keys()] : [...node.items.keys()];
    const kept = new Set(steps.filter((step) => !this.#isRefused([...path, step])));
    if (node.kind === 'sequence') {
      const items = node.items.filter((_, index) => kept.has(index));
      return { ...node, items };
    }
    return { ...node, entries: new Map([...node.entries].filter(([key]) => kept.has(key))) };
  }

  #isRefused(path: readonly PathStep[]): boolean {
    return this.#context.invalid.size > 0 && this.#context.invalid.has(renderPath(path));
  }
}

/** A key without a value says as much as no key. */
function isEmpty(node: YamlNode): boolean {
  return node.kind === 'scalar' && node.value === null && node.unset === undefined;
}

function isUnset(node: YamlNode): boolean {
  return node.kind === 'scalar' && node.unset !== undefined;
}

/** Reports the unset variables in a value and below it. Returns whether there are none. */
export function reportUnset(node: YamlNode, path: readonly PathStep[], report: Report): boolean {
  switch (node.kind) {
    case 'scalar':
      if (node.unset === undefined) return true;
      reportUnsetScalar(node, path, report);
      return false;
    case 'sequence':
      return node.items
        .map((item, index) => reportUnset(item, [...path, index], report))
        .every(Boolean);
    case 'map':
      return [...node.entries.values()]
        .map((entry) => reportUnset(entry.value, [...path, entry.key], report))
        .every(Boolean);
  }
}

function reportUnsetScalar(node: YamlScalar, path: readonly PathStep[], report: Report): void {
  for (const name of node.unset ?? []) {
    report({
      severity: 'error',
      at: locateNode(node),
      path: renderPath(path),
      message: `the variable ${name} is not set`,
      hint: `set it in the environment or in the project's .env, or write \${${name}:-default}`,
    });
  }
}
