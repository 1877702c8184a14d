import type { YamlEntry, YamlMap, YamlNode } from '../tree.js';
import { type Cursor, gaveUp } from './cursor.js';
import { type Nodes, mapsToMerge } from './nodes.js';
import { readAlias, readFlowPlain, readKey, readMergeKey, readQuoted } from './words.js';

/** `[…]` or `{…}`, over several lines where they are indented more than the parent. */
export function readFlow(cursor: Cursor, nodes: Nodes, parent: number): YamlNode {
  return nodes.nested(() => {
    const start = cursor.at;
    const isMap = cursor.character === '{';
    const items: YamlNode[] = [];
    const entries = new Map<string, YamlEntry>();
    const merged: YamlMap[] = [];
    forEachItem(cursor, isMap ? '}' : ']', parent, () => {
      if (isMap) readEntry(cursor, nodes, parent, { entries, merged });
      else items.push(readValue(cursor, nodes, parent));
    });
    return isMap ? nodes.map(start, entries, merged) : nodes.sequence(start, items);
  });
}

function forEachItem(cursor: Cursor, close: string, parent: number, read: () => void): void {
  cursor.at++;
  cursor.skipFlowSpace(parent);
  while (cursor.character !== close) {
    read();
    cursor.skipFlowSpace(parent);
    if (cursor.character === ',') {
      cursor.at++;
      cursor.skipFlowSpace(parent);
      if (cursor.character === close) throw gaveUp;
    } else if (cursor.character !== close) {
      throw gaveUp;
    }
  }
  cursor.at++;
}

function readEntry(
  cursor: Cursor,
  nodes: Nodes,
  parent: number,
  { entries, merged }: { readonly entries: Map<string, YamlEntry>; readonly merged: YamlMap[] },
): void {
  const keyStart = cursor.at;
  const key = readMergeKey(cursor) ? null : readKey(cursor);
  if ((key !== null && entries.has(key)) || !cursor.isAtSpace()) throw gaveUp;
  cursor.skipSpaces();
  const value = readValue(cursor, nodes, parent);
  if (key === null) merged.push(...mapsToMerge(value));
  else entries.set(key, nodes.entry(key, keyStart, value));
}

function readValue(cursor: Cursor, nodes: Nodes, parent: number): YamlNode {
  switch (cursor.character) {
    case '"':
    case "'": {
      const quoted = readQuoted(cursor, nodes);
      if (!/[\s,\]}]/.test(cursor.character)) throw gaveUp;
      return quoted;
    }
    case '[':
    case '{':
      return readFlow(cursor, nodes, parent);
    case '*':
      return readAlias(cursor, nodes);
    default:
      return readFlowPlain(cursor, nodes);
  }
}
