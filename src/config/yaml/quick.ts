import type { SourceFile } from '../source/file.js';
import { readBlock } from './quick/block.js';
import { Cursor, GaveUp, gaveUp } from './quick/cursor.js';
import { Nodes } from './quick/nodes.js';
import type { YamlNode } from './tree.js';

/**
 * Reads the plain part of YAML that configuration files are mostly written in: block maps and lists, flow collections,
 * scalars on one line, `|` blocks, comments, anchors with their aliases and merge keys. It is here because the complete
 * parser takes ten times as long, and half a second on a hundred scenarios is the whole time that `validate` may take.
 *
 * It decides nothing of its own: at anything else, and at every mistake, it gives up, and the complete parser reads
 * the file. A property test holds the two against each other.
 *
 * @returns `undefined` where it gave up.
 */
export function readQuick(file: SourceFile): YamlNode | undefined {
  if (UNUSUAL.test(file.text)) return undefined;
  try {
    return readDocument(new Cursor(file.text), new Nodes(file));
  } catch (error) {
    if (error instanceof GaveUp) return undefined;
    throw error;
  }
}

/** Tabs, carriage returns and other characters that the specification treats in some special way. */
// eslint-disable-next-line no-control-regex
const UNUSUAL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/;
/** Blank lines and comments, then the `---` that may stand before the only document. */
const FIRST_MARKER = /(?: *(?:#[^\n]*)?\n)*--- *\n/y;

function readDocument(cursor: Cursor, nodes: Nodes): YamlNode {
  const marker = cursor.match(FIRST_MARKER);
  if (marker) cursor.at = marker[0].length - 1;
  cursor.toContent();
  if (cursor.indent === -1) throw gaveUp;
  const root = readBlock(cursor, nodes, -1);
  if (cursor.indent !== -1) throw gaveUp;
  return root;
}
