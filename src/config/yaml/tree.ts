import type { SourceLocation } from '../../model/source.js';
import { locate, type SourceFile } from '../source/file.js';

export type ScalarValue = string | number | boolean | null;

/** What a YAML file says, with anchors and merge keys resolved and every value still knowing where it was written. */
export type YamlNode = YamlScalar | YamlSequence | YamlMap;

interface Placed {
  readonly file: SourceFile;
  /** Offset in the file's text. */
  readonly start: number;
}

export interface YamlScalar extends Placed {
  readonly kind: 'scalar';
  readonly value: ScalarValue;
  /** As written; for a quoted or block scalar, its value. Numbers keep their digits here. */
  readonly source: string;
  /** The value came out of a variable, so what type it has is for the reader to say. */
  readonly isSubstituted?: true;
  /** Variables that are not set here were left empty in it: on a node it may be something else. */
  readonly isIncomplete?: true;
  /** A variable with the name of a secret went into it, so it is not shown. */
  readonly isSecret?: true;
  /** Variables it needs that are not set: there is no value to speak of. */
  readonly unset?: readonly string[];
}

export interface YamlSequence extends Placed {
  readonly kind: 'sequence';
  readonly items: readonly YamlNode[];
}

export interface YamlMap extends Placed {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, YamlEntry>;
}

export interface YamlEntry {
  readonly key: string;
  readonly file: SourceFile;
  readonly keyStart: number;
  readonly value: YamlNode;
}

/** Plain data, as a schema validator wants it. Maps have no prototype, so that no key is special. */
export type PlainValue = ScalarValue | PlainValue[] | PlainMap;
export interface PlainMap {
  [key: string]: PlainValue;
}

export function toPlain(node: YamlNode): PlainValue {
  switch (node.kind) {
    case 'scalar':
      return node.value;
    case 'sequence':
      return node.items.map(toPlain);
    case 'map': {
      const map = Object.create(null) as PlainMap;
      for (const entry of node.entries.values()) map[entry.key] = toPlain(entry.value);
      return map;
    }
  }
}

/** A key, or the index of an item. */
export type PathStep = string | number;

/** `deployment.services[0].name` */
export function renderPath(path: readonly PathStep[]): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}

/** The value at a path, and its key where it has one. */
export function findAt(
  root: YamlNode,
  path: readonly PathStep[],
): { node: YamlNode; entry: YamlEntry | undefined } | undefined {
  let node = root;
  let entry: YamlEntry | undefined;
  for (const step of path) {
    if (node.kind === 'map') {
      entry = node.entries.get(String(step));
      if (!entry) return undefined;
      node = entry.value;
    } else if (node.kind === 'sequence') {
      const item = node.items[Number(step)];
      if (!item) return undefined;
      entry = undefined;
      node = item;
    } else {
      return undefined;
    }
  }
  return { node, entry };
}

export function locateNode(node: YamlNode): SourceLocation {
  return locate(node.file, node.start);
}

export function locateKey(entry: YamlEntry): SourceLocation {
  return locate(entry.file, entry.keyStart);
}

/** Where a value was written; an empty value has no place, so its key stands for it. */
export function locateEntry(entry: YamlEntry): SourceLocation {
  const isEmpty = entry.value.kind === 'scalar' && entry.value.source === '';
  return isEmpty ? locateKey(entry) : locateNode(entry.value);
}

/** What a value is, as a message shows it: `'lazy'`, `12`, `a list`. */
export function describe(node: YamlNode): string {
  if (node.kind === 'map') return 'a map';
  if (node.kind === 'sequence') return 'a list';
  if (node.isSecret) return 'a secret';
  if (node.value === null) return 'nothing';
  if (typeof node.value !== 'string') return node.source;
  const shown = node.value.length > 60 ? `${node.value.slice(0, 57)}…` : node.value;
  return `'${shown.replaceAll('\n', '⏎')}'`;
}
