import type { YamlEntry, YamlMap, YamlNode } from '../tree.js';
import { type Cursor, gaveUp } from './cursor.js';
import { readFlow } from './flow.js';
import { readLiteral } from './literal.js';
import { type Nodes, mapsToMerge } from './nodes.js';
import * as words from './words.js';

/** A value whose first character is the first content of its line; `parent` is the column it has to be beyond. */
export function readBlock(cursor: Cursor, nodes: Nodes, parent: number): YamlNode {
  return nodes.nested(() => {
    const column = cursor.indent;
    if (cursor.isAtDash()) return readSequence(cursor, nodes, column);
    return words.isAtKey(cursor)
      ? readMap(cursor, nodes, column)
      : readInline(cursor, nodes, parent);
  });
}

function readMap(cursor: Cursor, nodes: Nodes, column: number): YamlNode {
  const start = cursor.at;
  const entries = new Map<string, YamlEntry>();
  const merged: YamlMap[] = [];
  do {
    const keyStart = cursor.at;
    if (words.readMergeKey(cursor)) {
      merged.push(...mapsToMerge(readMapValue(cursor, nodes, column, keyStart)));
    } else {
      const key = words.readKey(cursor);
      if (entries.has(key)) throw gaveUp;
      entries.set(key, nodes.entry(key, keyStart, readMapValue(cursor, nodes, column, keyStart)));
    }
    if (cursor.indent > column) throw gaveUp;
  } while (cursor.indent === column && !cursor.isAtDash());
  // A list at the column of the map is the value of its last key, or a mistake.
  if (cursor.indent === column) throw gaveUp;
  return nodes.map(start, entries, merged);
}

function readMapValue(cursor: Cursor, nodes: Nodes, column: number, keyStart: number): YamlNode {
  if (!cursor.endLine()) {
    cursor.skipSpaces();
    const anchor = words.readAnchor(cursor);
    if (anchor === null) return readInline(cursor, nodes, column);
    return nodes.anchored(anchor, () => {
      if (!cursor.endLine()) return readInline(cursor, nodes, column);
      cursor.toContent();
      if (cursor.indent <= column) throw gaveUp;
      return readBlock(cursor, nodes, column);
    });
  }
  cursor.toContent();
  if (cursor.indent > column) return readBlock(cursor, nodes, column);
  if (cursor.indent === column && cursor.isAtDash()) {
    return nodes.nested(() => readSequence(cursor, nodes, column));
  }
  return nodes.scalar(keyStart, null, '');
}

function readSequence(cursor: Cursor, nodes: Nodes, column: number): YamlNode {
  const start = cursor.at;
  const items: YamlNode[] = [];
  do {
    items.push(readItem(cursor, nodes, column));
    if (cursor.indent > column) throw gaveUp;
  } while (cursor.indent === column && cursor.isAtDash());
  return nodes.sequence(start, items);
}

function readItem(cursor: Cursor, nodes: Nodes, column: number): YamlNode {
  const dash = cursor.at;
  cursor.at++;
  if (cursor.endLine()) {
    cursor.toContent();
    return cursor.indent > column
      ? readBlock(cursor, nodes, column)
      : nodes.scalar(dash + 1, null, '');
  }
  cursor.skipSpaces();
  if (cursor.isAtDash()) throw gaveUp;
  const anchor = words.readAnchor(cursor);
  if (anchor !== null) {
    // In front of a key it would be the key's.
    if (words.isAtKey(cursor)) throw gaveUp;
    return nodes.anchored(anchor, () => readInline(cursor, nodes, column));
  }
  if (!words.isAtKey(cursor)) return readInline(cursor, nodes, column);
  return nodes.nested(() => readMap(cursor, nodes, column + (cursor.at - dash)));
}

/** A value on the line of its key or dash. Afterwards the cursor is at the next line with content. */
function readInline(cursor: Cursor, nodes: Nodes, parent: number): YamlNode {
  if (cursor.character === '|') return readLiteral(cursor, nodes, parent);
  const node = readOnLine(cursor, nodes, parent);
  if (!cursor.endLine()) throw gaveUp;
  cursor.toContent();
  // Whatever is indented more than the parent would go on with this value.
  if (cursor.indent > parent) throw gaveUp;
  return node;
}

function readOnLine(cursor: Cursor, nodes: Nodes, parent: number): YamlNode {
  switch (cursor.character) {
    case '"':
    case "'":
      return words.readQuoted(cursor, nodes);
    case '[':
    case '{':
      return readFlow(cursor, nodes, parent);
    case '*':
      return words.readAlias(cursor, nodes);
    default:
      return words.readPlain(cursor, nodes);
  }
}
