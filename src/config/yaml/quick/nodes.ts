import type { SourceFile } from '../../source/file.js';
import type { ScalarValue, YamlEntry, YamlMap, YamlNode, YamlScalar } from '../tree.js';
import { gaveUp } from './cursor.js';

const MAX_DEPTH = 50;
/** Far below what the complete parser lets aliases expand a file to. */
const MAX_VALUES = 20_000;

interface Anchored {
  readonly node: YamlNode;
  /** How many values it stands for. */
  readonly values: number;
}

/** Makes the nodes of one file, and sees to it that there are not too many. */
export class Nodes {
  private readonly file: SourceFile;
  private depth = 0;
  private values = 0;
  private readonly anchors = new Map<string, Anchored>();

  constructor(file: SourceFile) {
    this.file = file;
  }

  /** Something that may hold more of its kind. */
  nested<T>(read: () => T): T {
    if (++this.depth > MAX_DEPTH) throw gaveUp;
    const node = read();
    this.depth--;
    return node;
  }

  scalar(start: number, value: ScalarValue, source: string): YamlScalar {
    this.count(1);
    return { kind: 'scalar', file: this.file, start, value, source };
  }

  sequence(start: number, items: YamlNode[]): YamlNode {
    this.count(1);
    return { kind: 'sequence', file: this.file, start, items };
  }

  /** What a map says itself comes before what it merges, and an earlier source before a later one. */
  map(start: number, entries: Map<string, YamlEntry>, merged: readonly YamlMap[]): YamlMap {
    this.count(1);
    for (const source of merged) {
      for (const entry of source.entries.values()) {
        if (!entries.has(entry.key)) entries.set(entry.key, entry);
      }
    }
    return { kind: 'map', file: this.file, start, entries };
  }

  entry(key: string, keyStart: number, value: YamlNode): YamlEntry {
    return { key, file: this.file, keyStart, value };
  }

  anchored(name: string, read: () => YamlNode): YamlNode {
    const before = this.values;
    const node = read();
    // Defined when it is complete: what refers to itself is for the complete parser to explain.
    this.anchors.set(name, { node, values: this.values - before });
    return node;
  }

  alias(name: string): YamlNode {
    const anchored = this.anchors.get(name);
    if (!anchored) throw gaveUp;
    this.count(anchored.values);
    return anchored.node;
  }

  private count(values: number): void {
    this.values += values;
    if (this.values > MAX_VALUES) throw gaveUp;
  }
}

/** What stands behind `<<:`. */
export function mapsToMerge(value: YamlNode): readonly YamlMap[] {
  const sources = value.kind === 'sequence' ? value.items : [value];
  return sources.map((source) => {
    if (source.kind === 'map') return source;
    throw gaveUp;
  });
}
