import type { YamlNode } from '../tree.js';
import { type Cursor, gaveUp } from './cursor.js';
import type { Nodes } from './nodes.js';

const HEADER = /\|([+-]?) *(?: #[^\n]*)?(?:\n|$)/y;

/** A `|` block. Afterwards the cursor is at the next line with content. */
export function readLiteral(cursor: Cursor, nodes: Nodes, parent: number): YamlNode {
  const { at: start, text } = cursor;
  const header = cursor.match(HEADER);
  // What "+" keeps is for the complete parser.
  if (!header || parent === -1 || header[1] === '+') throw gaveUp;
  const { lines, end } = readLines(text, start + header[0].length, parent);
  let last = lines.length;
  while (last > 0 && lines[last - 1] === '') last--;
  // Lines of nothing but spaces after the text count as text for one parser and as none for another.
  if (lines.slice(last).some((line) => line !== '') || /^ +$/.test(lines[last - 1] ?? '')) {
    throw gaveUp;
  }
  const value = lines.slice(0, last).join('\n') + (header[1] === '-' ? '' : '\n');
  // Back to the end of the line before, from where the next content is looked for.
  cursor.at = end >= text.length ? text.length : end - 1;
  cursor.toContent();
  if (cursor.indent > parent) throw gaveUp;
  return nodes.scalar(start, value, value);
}

/** The lines of a block without its indent, and where it ends. */
function readLines(text: string, start: number, parent: number) {
  let at = start;
  let indent = -1;
  const lines: string[] = [];
  while (at < text.length) {
    let end = text.indexOf('\n', at);
    if (end === -1) end = text.length;
    let spaces = 0;
    while (text.charAt(at + spaces) === ' ') spaces++;
    const isBlank = at + spaces >= end;
    if (!isBlank) {
      if (indent === -1) {
        if (spaces <= parent) break;
        indent = spaces;
        // Leading blank lines with more spaces than the first line of text are a mistake.
        if (lines.some((line) => line.length > indent)) throw gaveUp;
        lines.fill('');
      }
      if (spaces < indent) break;
    }
    lines.push(indent === -1 ? text.slice(at, end) : text.slice(Math.min(at + indent, end), end));
    at = Math.min(end + 1, text.length);
    if (end === text.length) break;
  }
  if (indent === -1) throw gaveUp;
  return { lines, end: at };
}
