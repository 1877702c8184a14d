import { resolveScalar } from '../scalar.js';
import type { YamlNode, YamlScalar } from '../tree.js';
import { type Cursor, gaveUp } from './cursor.js';
import type { Nodes } from './nodes.js';

const KEY = /(?:[A-Za-z_][A-Za-z0-9_./-]*|"[^"\\\n]*"|'[^'\n]*')(?=:(?:[ \n]|$))/y;
const MERGE_KEY = /<<(?=:[ \n])/y;
const ANCHOR = /&([A-Za-z0-9_-]+)(?=[ \n])/y;
const ALIAS = /\*([A-Za-z0-9_-]+)(?=[ \n,\]}]|$)/y;
const DOUBLE_QUOTED = /"((?:[^"\\\n]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*)"/y;
const SINGLE_QUOTED = /'((?:[^'\n]|'')*)'/y;
/** What a plain scalar may start with; a `-` only before something that makes it one. */
const PLAIN_START = /[^\s\-?:,[\]{}#&*!|>'"%@`]|-[^\s,[\]{}#:]/y;
const FLOW_PLAIN = /[^\n,[\]{}#:]+(?:(?::(?=[^\s,[\]{}])|(?<=[^ ])#)[^\n,[\]{}#:]*)*/y;
const ESCAPE = /\\(?:u([0-9a-fA-F]{4})|(.))/g;
const ESCAPED: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};
const MAX_KEY_LENGTH = 1000;

export function isAtKey(cursor: Cursor): boolean {
  return cursor.match(KEY) !== null || cursor.match(MERGE_KEY) !== null;
}

/** Goes past `<<:`, if that is what is here. */
export function readMergeKey(cursor: Cursor): boolean {
  if (!cursor.match(MERGE_KEY)) return false;
  cursor.at += '<<:'.length;
  return true;
}

/** Goes past a key and its colon. */
export function readKey(cursor: Cursor): string {
  const match = cursor.match(KEY);
  if (!match) throw gaveUp;
  const written = match[0];
  if (written.length > MAX_KEY_LENGTH) throw gaveUp;
  cursor.at += written.length + 1;
  const quote = written.charAt(0);
  if (quote === '"' || quote === "'") return written.slice(1, -1);
  if (resolveScalar(written) === null) throw gaveUp;
  return written;
}

/** Goes past `&name `, if that is what is here. */
export function readAnchor(cursor: Cursor): string | null {
  const match = cursor.match(ANCHOR);
  if (!match) return null;
  cursor.at += match[0].length;
  cursor.skipSpaces();
  return match[1] ?? '';
}

export function readAlias(cursor: Cursor, nodes: Nodes): YamlNode {
  const match = cursor.match(ALIAS);
  if (!match) throw gaveUp;
  cursor.at += match[0].length;
  return nodes.alias(match[1] ?? '');
}

export function readQuoted(cursor: Cursor, nodes: Nodes): YamlScalar {
  const start = cursor.at;
  const isDouble = cursor.character === '"';
  const match = cursor.match(isDouble ? DOUBLE_QUOTED : SINGLE_QUOTED);
  if (!match) throw gaveUp;
  cursor.at += match[0].length;
  const written = match[1] ?? '';
  const value = isDouble ? unescape(written) : written.replaceAll("''", "'");
  return nodes.scalar(start, value, value);
}

/** A plain scalar that ends with its line. */
export function readPlain(cursor: Cursor, nodes: Nodes): YamlNode {
  const start = cursor.at;
  if (!cursor.match(PLAIN_START)) throw gaveUp;
  let end = cursor.text.indexOf('\n', start);
  if (end === -1) end = cursor.text.length;
  let written = cursor.text.slice(start, end);
  const comment = written.indexOf(' #');
  if (comment !== -1) written = written.slice(0, comment);
  written = withoutSpacesAtEnd(written);
  if (written.includes(': ') || written.endsWith(':')) throw gaveUp;
  cursor.at = start + written.length;
  return nodes.scalar(start, resolveScalar(written), written);
}

/** A plain scalar within `[…]` or `{…}`. */
export function readFlowPlain(cursor: Cursor, nodes: Nodes): YamlNode {
  const start = cursor.at;
  if (!cursor.match(PLAIN_START)) throw gaveUp;
  const match = cursor.match(FLOW_PLAIN);
  if (!match) throw gaveUp;
  const written = withoutSpacesAtEnd(match[0]);
  cursor.at += match[0].length;
  return nodes.scalar(start, resolveScalar(written), written);
}

/** A pattern would look at long runs of spaces again and again. */
function withoutSpacesAtEnd(written: string): string {
  let { length } = written;
  while (written.charAt(length - 1) === ' ') length--;
  return written.slice(0, length);
}

function unescape(written: string): string {
  if (!written.includes('\\')) return written;
  return written.replace(ESCAPE, (_whole, code: string | undefined, character: string) =>
    code === undefined
      ? (ESCAPED[character] ?? character)
      : String.fromCharCode(Number.parseInt(code, 16)),
  );
}
