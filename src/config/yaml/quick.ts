import type { SourceFile } from '../source/file.js';
import { resolveScalar } from './scalar.js';
import type { ScalarValue, YamlEntry, YamlMap, YamlNode, YamlScalar } from './tree.js';

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
    return new QuickReader(file).readDocument();
  } catch (error) {
    if (error instanceof GaveUp) return undefined;
    throw error;
  }
}

/** Tabs, carriage returns and other characters that the specification treats in some special way. */
// eslint-disable-next-line no-control-regex
const UNUSUAL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/;
const KEY = /(?:[A-Za-z_][A-Za-z0-9_./-]*|"[^"\\\n]*"|'[^'\n]*')(?=:(?:[ \n]|$))/y;
const MERGE_KEY = /<<(?=:[ \n])/y;
const ANCHOR = /&([A-Za-z0-9_-]+)(?=[ \n])/y;
const ALIAS = /\*([A-Za-z0-9_-]+)(?=[ \n,\]}]|$)/y;
const DOUBLE_QUOTED = /"((?:[^"\\\n]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*)"/y;
const SINGLE_QUOTED = /'((?:[^'\n]|'')*)'/y;
const BLOCK_HEADER = /\|([+-]?) *(?: #[^\n]*)?(?:\n|$)/y;
/** What a plain scalar may start with; a `-` only before something that makes it one. */
const PLAIN_START = /[^\s\-?:,[\]{}#&*!|>'"%@`]|-[^\s,[\]{}#:]/y;
const FLOW_PLAIN = /[^\n,[\]{}#:]+(?:(?::(?=[^\s,[\]{}])|(?<=[^ ])#)[^\n,[\]{}#:]*)*/y;
/** Blank lines and comments, then the `---` that may stand before the only document. */
const FIRST_MARKER = /(?: *(?:#[^\n]*)?\n)*--- *\n/y;
const ESCAPE = /\\(?:u([0-9a-fA-F]{4})|(.))/g;
const ESCAPED: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};
const MAX_DEPTH = 50;
const MAX_KEY_LENGTH = 1000;
/** Far below what the complete parser lets aliases expand a file to. */
const MAX_VALUES = 20_000;

const SPACE = 32;
const NEWLINE = 10;
const HASH = 35;
const PERCENT = 37;
const DASH = 45;

interface Anchored {
  readonly node: YamlNode;
  /** How many values it stands for. */
  readonly values: number;
}

class GaveUp extends Error {}
const gaveUp = new GaveUp();

/** One pass over one text. `at` is always at the next character that matters. */
class QuickReader {
  private readonly file: SourceFile;
  private readonly text: string;
  private at = 0;
  /** The column of `at` when it is at the first character of a line's content; -1 at the end of the text. */
  private indent = 0;
  private depth = 0;
  private values = 0;
  private readonly anchors = new Map<string, Anchored>();

  constructor(file: SourceFile) {
    this.file = file;
    this.text = file.text;
  }

  readDocument(): YamlNode {
    const marker = this.match(FIRST_MARKER);
    if (marker) this.at = marker[0].length - 1;
    this.toContent();
    if (this.indent === -1) throw gaveUp;
    const root = this.readBlock(-1);
    if (this.indent !== -1) throw gaveUp;
    return root;
  }

  /** Goes to the first character of the next line with content, from an end of line or the start of the text. */
  private toContent(): void {
    const text = this.text;
    let at = this.at === 0 ? 0 : this.at + 1;
    for (;;) {
      const lineStart = at;
      while (text.charCodeAt(at) === SPACE) at++;
      if (at >= text.length) {
        this.at = text.length;
        this.indent = -1;
        return;
      }
      const code = text.charCodeAt(at);
      if (code === HASH) {
        const end = text.indexOf('\n', at);
        at = end === -1 ? text.length : end + 1;
      } else if (code === NEWLINE) {
        at++;
      } else {
        this.at = at;
        this.indent = at - lineStart;
        if (this.indent === 0 && (code === PERCENT || this.isMarker())) throw gaveUp;
        return;
      }
    }
  }

  private isMarker(): boolean {
    return this.text.startsWith('---', this.at) || this.text.startsWith('...', this.at);
  }

  private match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    return pattern.exec(this.text);
  }

  private enter(): void {
    if (++this.depth > MAX_DEPTH) throw gaveUp;
  }

  /** A value whose first character is the first content of its line; `parent` is the column it has to be beyond. */
  private readBlock(parent: number): YamlNode {
    this.enter();
    const column = this.indent;
    let node: YamlNode;
    if (this.isDash()) node = this.readSequence(column);
    else if (this.isAtKey()) node = this.readMap(column);
    else node = this.readInline(parent);
    this.depth--;
    return node;
  }

  private isAtKey(): boolean {
    return this.match(KEY) !== null || this.match(MERGE_KEY) !== null;
  }

  private isDash(): boolean {
    if (this.text.charCodeAt(this.at) !== DASH) return false;
    const next = this.text.charCodeAt(this.at + 1);
    return next === SPACE || next === NEWLINE || Number.isNaN(next);
  }

  private readMap(column: number): YamlNode {
    const start = this.at;
    const entries = new Map<string, YamlEntry>();
    const merged: YamlMap[] = [];
    do {
      const keyStart = this.at;
      if (this.match(MERGE_KEY)) {
        this.at += '<<:'.length;
        merged.push(...mapsToMerge(this.readMapValue(column, keyStart)));
        if (this.indent > column) throw gaveUp;
        continue;
      }
      const key = this.readKey();
      if (entries.has(key)) throw gaveUp;
      entries.set(key, {
        key,
        file: this.file,
        keyStart,
        value: this.readMapValue(column, keyStart),
      });
      if (this.indent > column) throw gaveUp;
    } while (this.indent === column && !this.isDash());
    // A list at the column of the map is the value of its last key, or a mistake.
    if (this.indent === column) throw gaveUp;
    return this.map(start, entries, merged);
  }

  private readKey(): string {
    const match = this.match(KEY);
    if (!match) throw gaveUp;
    const written = match[0];
    if (written.length > MAX_KEY_LENGTH) throw gaveUp;
    this.at += written.length + 1;
    const quote = written.charAt(0);
    if (quote === '"' || quote === "'") return written.slice(1, -1);
    if (resolveScalar(written) === null) throw gaveUp;
    return written;
  }

  private readMapValue(column: number, keyStart: number): YamlNode {
    if (!this.endLine()) {
      this.skipSpaces();
      const anchor = this.readAnchor();
      if (anchor === null) return this.readInline(column);
      return this.anchored(anchor, () => {
        if (!this.endLine()) return this.readInline(column);
        this.toContent();
        if (this.indent <= column) throw gaveUp;
        return this.readBlock(column);
      });
    }
    this.toContent();
    if (this.indent > column) return this.readBlock(column);
    if (this.indent === column && this.isDash()) {
      this.enter();
      const sequence = this.readSequence(column);
      this.depth--;
      return sequence;
    }
    return this.scalar(keyStart, null, '');
  }

  /** Goes past `&name `, if that is what is here. */
  private readAnchor(): string | null {
    const match = this.match(ANCHOR);
    if (!match) return null;
    this.at += match[0].length;
    if (this.text.charCodeAt(this.at) === SPACE) this.skipSpaces();
    return match[1] ?? '';
  }

  private anchored(name: string, read: () => YamlNode): YamlNode {
    const before = this.values;
    const node = read();
    // Defined when it is complete: what refers to itself is for the complete parser to explain.
    this.anchors.set(name, { node, values: this.values - before });
    return node;
  }

  private readAlias(): YamlNode {
    const match = this.match(ALIAS);
    const anchored = this.anchors.get(match?.[1] ?? '');
    if (!match || !anchored) throw gaveUp;
    this.at += match[0].length;
    this.count(anchored.values);
    return anchored.node;
  }

  private count(values: number): void {
    this.values += values;
    if (this.values > MAX_VALUES) throw gaveUp;
  }

  private readSequence(column: number): YamlNode {
    const start = this.at;
    const items: YamlNode[] = [];
    do {
      const dash = this.at;
      this.at++;
      if (this.endLine()) {
        this.toContent();
        items.push(this.indent > column ? this.readBlock(column) : this.scalar(dash + 1, null, ''));
      } else {
        this.skipSpaces();
        if (this.isDash()) throw gaveUp;
        const anchor = this.readAnchor();
        if (anchor !== null) {
          // In front of a key it would be the key's.
          if (this.isAtKey()) throw gaveUp;
          items.push(this.anchored(anchor, () => this.readInline(column)));
        } else if (this.isAtKey()) {
          this.enter();
          items.push(this.readMap(column + (this.at - dash)));
          this.depth--;
        } else {
          items.push(this.readInline(column));
        }
      }
      if (this.indent > column) throw gaveUp;
    } while (this.indent === column && this.isDash());
    return this.sequence(start, items);
  }

  /** A value on the line of its key or dash. Afterwards `at` is at the next line with content. */
  private readInline(parent: number): YamlNode {
    const start = this.at;
    let node: YamlNode;
    switch (this.text.charAt(start)) {
      case '"':
      case "'":
        node = this.readQuoted();
        break;
      case '[':
      case '{':
        node = this.readFlow(parent);
        break;
      case '|':
        return this.readLiteral(parent);
      case '*':
        node = this.readAlias();
        break;
      default:
        node = this.readPlain();
    }
    if (!this.endLine()) throw gaveUp;
    this.toContent();
    // Whatever is indented more than the parent would go on with this value.
    if (this.indent > parent) throw gaveUp;
    return node;
  }

  private readPlain(): YamlNode {
    const start = this.at;
    if (!this.match(PLAIN_START)) throw gaveUp;
    let end = this.text.indexOf('\n', start);
    if (end === -1) end = this.text.length;
    let written = this.text.slice(start, end);
    const comment = written.indexOf(' #');
    if (comment !== -1) written = written.slice(0, comment);
    let length = written.length;
    while (written.charCodeAt(length - 1) === SPACE) length--;
    written = written.slice(0, length);
    if (written.includes(': ') || written.endsWith(':')) throw gaveUp;
    this.at = start + length;
    return this.scalar(start, resolveScalar(written), written);
  }

  private readQuoted(): YamlScalar {
    const start = this.at;
    const isDouble = this.text.charAt(start) === '"';
    const match = this.match(isDouble ? DOUBLE_QUOTED : SINGLE_QUOTED);
    if (!match) throw gaveUp;
    this.at += match[0].length;
    const written = match[1] ?? '';
    const value = isDouble ? unescape(written) : written.replaceAll("''", "'");
    return this.scalar(start, value, value);
  }

  /** A `|` block. */
  private readLiteral(parent: number): YamlNode {
    const start = this.at;
    const header = this.match(BLOCK_HEADER);
    if (!header || parent === -1) throw gaveUp;
    const text = this.text;
    let at = start + header[0].length;
    let indent = -1;
    const lines: string[] = [];
    while (at < text.length) {
      let end = text.indexOf('\n', at);
      if (end === -1) end = text.length;
      let spaces = 0;
      while (text.charCodeAt(at + spaces) === SPACE) spaces++;
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
    let last = lines.length;
    while (last > 0 && lines[last - 1] === '') last--;
    // Lines of nothing but spaces after the text count as text for one parser and as none for another.
    if (lines.slice(last).some((line) => line !== '') || /^ +$/.test(lines[last - 1] ?? ''))
      throw gaveUp;
    if (header[1] === '+') throw gaveUp;
    const value = lines.slice(0, last).join('\n') + (header[1] === '-' ? '' : '\n');
    // Back to the end of the line before, from where the next content is looked for.
    this.at = at >= text.length ? text.length : at - 1;
    this.toContent();
    if (this.indent > parent) throw gaveUp;
    return this.scalar(start, value, value);
  }

  /** `[…]` or `{…}`, over several lines where they are indented more than the parent. */
  private readFlow(parent: number): YamlNode {
    this.enter();
    const start = this.at;
    const isMap = this.text.charAt(this.at++) === '{';
    const close = isMap ? '}' : ']';
    const items: YamlNode[] = [];
    const entries = new Map<string, YamlEntry>();
    const merged: YamlMap[] = [];
    this.skipFlowSpace(parent);
    while (this.text.charAt(this.at) !== close) {
      if (isMap) this.readFlowEntry(entries, merged, parent);
      else items.push(this.readFlowValue(parent));
      this.skipFlowSpace(parent);
      const next = this.text.charAt(this.at);
      if (next === ',') {
        this.at++;
        this.skipFlowSpace(parent);
        if (this.text.charAt(this.at) === close) throw gaveUp;
      } else if (next !== close) {
        throw gaveUp;
      }
    }
    this.at++;
    this.depth--;
    return isMap ? this.map(start, entries, merged) : this.sequence(start, items);
  }

  private readFlowEntry(entries: Map<string, YamlEntry>, merged: YamlMap[], parent: number): void {
    const keyStart = this.at;
    if (this.match(MERGE_KEY)) {
      this.at += '<<:'.length;
      if (this.text.charCodeAt(this.at) !== SPACE) throw gaveUp;
      this.skipSpaces();
      merged.push(...mapsToMerge(this.readFlowValue(parent)));
      return;
    }
    const key = this.readKey();
    if (entries.has(key) || this.text.charCodeAt(this.at) !== SPACE) throw gaveUp;
    this.skipSpaces();
    entries.set(key, { key, file: this.file, keyStart, value: this.readFlowValue(parent) });
  }

  private readFlowValue(parent: number): YamlNode {
    const start = this.at;
    switch (this.text.charAt(start)) {
      case '"':
      case "'": {
        const quoted = this.readQuoted();
        if (!/[\s,\]}]/.test(this.text.charAt(this.at))) throw gaveUp;
        return quoted;
      }
      case '[':
      case '{':
        return this.readFlow(parent);
      case '*':
        return this.readAlias();
      default: {
        if (!this.match(PLAIN_START)) throw gaveUp;
        const match = this.match(FLOW_PLAIN);
        if (!match) throw gaveUp;
        const written = match[0].replace(/ +$/, '');
        this.at += match[0].length;
        return this.scalar(start, resolveScalar(written), written);
      }
    }
  }

  private skipFlowSpace(parent: number): void {
    const text = this.text;
    for (;;) {
      this.skipSpaces();
      if (text.charCodeAt(this.at) !== NEWLINE) return;
      this.at++;
      const lineStart = this.at;
      this.skipSpaces();
      const isBlank = text.charCodeAt(this.at) === NEWLINE;
      if (!isBlank && this.at - lineStart <= parent) throw gaveUp;
      if (this.at === lineStart && this.isMarker()) throw gaveUp;
    }
  }

  private skipSpaces(): void {
    while (this.text.charCodeAt(this.at) === SPACE) this.at++;
  }

  /** Goes to the end of the line if only spaces and a comment are left of it. */
  private endLine(): boolean {
    const { text } = this;
    let at = this.at;
    while (text.charCodeAt(at) === SPACE) at++;
    if (at < text.length && text.charCodeAt(at) !== NEWLINE) {
      if (text.charCodeAt(at) !== HASH || at === this.at) return false;
      const end = text.indexOf('\n', at);
      at = end === -1 ? text.length : end;
    }
    this.at = at;
    return true;
  }

  /** What a map says itself comes before what it merges, and an earlier source before a later one. */
  private map(start: number, entries: Map<string, YamlEntry>, merged: readonly YamlMap[]): YamlMap {
    this.count(1);
    for (const source of merged) {
      for (const entry of source.entries.values()) {
        if (!entries.has(entry.key)) entries.set(entry.key, entry);
      }
    }
    return { kind: 'map', file: this.file, start, entries };
  }

  private sequence(start: number, items: YamlNode[]): YamlNode {
    this.count(1);
    return { kind: 'sequence', file: this.file, start, items };
  }

  private scalar(start: number, value: ScalarValue, source: string): YamlScalar {
    this.count(1);
    return { kind: 'scalar', file: this.file, start, value, source };
  }
}

function mapsToMerge(value: YamlNode): readonly YamlMap[] {
  const sources = value.kind === 'sequence' ? value.items : [value];
  return sources.map((source) => {
    if (source.kind === 'map') return source;
    throw gaveUp;
  });
}

function unescape(written: string): string {
  if (!written.includes('\\')) return written;
  return written.replace(ESCAPE, (_whole, code: string | undefined, character: string) =>
    code === undefined
      ? (ESCAPED[character] ?? character)
      : String.fromCharCode(Number.parseInt(code, 16)),
  );
}
