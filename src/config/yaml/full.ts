import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  parseDocument,
  type Alias,
  type Pair,
  type YAMLMap,
} from 'yaml';

import type { SourceFile } from '../source/file.js';
import { locate } from '../source/file.js';
import type { ScalarValue, YamlEntry, YamlMap, YamlNode } from './tree.js';

/** Why a text is no YAML, or none that is accepted here. */
export interface YamlProblem {
  readonly offset: number;
  readonly message: string;
  readonly hint: string;
}

export type YamlResult =
  | { readonly ok: true; readonly root: YamlNode | null }
  | { readonly ok: false; readonly problems: readonly YamlProblem[] };

/** How many values aliases may add to a file. Generous for people, and nothing for a machine. */
const MAX_EXPANDED = 100_000;
const EXPLODED = `the aliases of this file expand to more than ${MAX_EXPANDED.toLocaleString('en')} values`;
const MAX_DEPTH = 200;

const TOO_DEEP: YamlProblem = {
  offset: 0,
  message: `is nested more than ${MAX_DEPTH} levels deep`,
  hint: '',
};

/** Reads all of YAML 1.2, merge keys included, with positions. */
export function readFull(file: SourceFile): YamlResult {
  if (isNestedTooDeep(file.text)) return { ok: false, problems: [TOO_DEEP] };
  try {
    const document = parseDocument(file.text, {
      merge: false,
      uniqueKeys: false,
      prettyErrors: false,
      resolveKnownTags: false,
      logLevel: 'error',
      version: '1.2',
    });
    // What follows the first mistake is mostly its echo.
    const [error] = document.errors;
    if (error) {
      return { ok: false, problems: [rephrase(error.code, error.message, error.pos[0])] };
    }
    const tags = document.warnings.filter((warning) => warning.code === 'TAG_RESOLVE_FAILED');
    if (tags.length > 0) {
      return {
        ok: false,
        problems: tags.map((warning) => ({
          offset: warning.pos[0],
          message: `the tag \`${tagAt(file.text, warning.pos[0])}\` is not supported here`,
          hint: 'write the value without it',
        })),
      };
    }
    return convert(file, document.contents);
  } catch (error) {
    // The parser is recursive: what its own guards let through still must not take the process down.
    if (error instanceof RangeError) return { ok: false, problems: [TOO_DEEP] };
    throw error;
  }
}

/** A bound from above, and cheap: brackets in quotes count too, but nobody quotes that many unclosed ones. */
function isNestedTooDeep(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 91 || code === 123) {
      if (++depth > MAX_DEPTH) return true;
    } else if ((code === 93 || code === 125) && depth > 0) {
      depth--;
    }
  }
  return false;
}

function rephrase(code: string, message: string, offset: number): YamlProblem {
  switch (code) {
    case 'TAB_AS_INDENT':
      return {
        offset,
        message: 'a tab is used for indentation',
        hint: 'YAML allows only spaces there',
      };
    case 'RESOURCE_EXHAUSTION':
      return { ...TOO_DEEP, offset };
    case 'MULTIPLE_DOCS':
      return {
        offset,
        message: 'a second YAML document starts here',
        hint: 'a file holds one document: remove the `---`, or put what follows into a file of its own',
      };
    default:
      return { offset, message: `is not valid YAML: ${lowerFirst(message)}`, hint: '' };
  }
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function tagAt(text: string, offset: number): string {
  return /^!\S*/.exec(text.slice(offset, offset + 80))?.[0] ?? '!';
}

/** Thrown inside the conversion only, where returning it through every level would hide what the code does. */
class Refused extends Error {
  readonly problem: YamlProblem;
  constructor(offset: number, message: string, hint = '') {
    super(message);
    this.problem = { offset, message, hint };
  }
}

function convert(file: SourceFile, contents: unknown): YamlResult {
  try {
    const root = contents === null ? null : createConverter(file)(contents, 0);
    return { ok: true, root };
  } catch (error) {
    if (error instanceof Refused) return { ok: false, problems: [error.problem] };
    throw error;
  }
}

interface Anchored {
  node: YamlNode | undefined;
  values: number;
}

function createConverter(file: SourceFile): (node: unknown, depth: number) => YamlNode {
  const anchors = new Map<string, Anchored>();
  /** Values so far, as often as they are used. */
  let values = 0;
  /** Those of them that only aliases made. */
  let expanded = 0;

  function convertNode(node: unknown, depth: number): YamlNode {
    const start = startOf(node);
    if (depth > MAX_DEPTH) throw new Refused(start, TOO_DEEP.message);
    if (isAlias(node)) return convertAlias(node, start);

    const anchor = anchorOf(node);
    const anchored: Anchored = { node: undefined, values: 0 };
    if (anchor !== undefined) anchors.set(anchor, anchored);
    const before = values;
    values++;
    const converted = convertContent(node, start, depth);
    anchored.node = converted;
    anchored.values = values - before;
    return converted;
  }

  function convertContent(node: unknown, start: number, depth: number): YamlNode {
    if (isMap(node)) return { kind: 'map', file, start, entries: convertEntries(node, depth) };
    if (isSeq(node))
      return {
        kind: 'sequence',
        file,
        start,
        items: node.items.map((item) => convertNode(item, depth + 1)),
      };
    if (isScalar(node)) {
      const value = node.value as ScalarValue;
      const isPlain = node.type === 'PLAIN';
      const source = isPlain ? (node.source ?? '') : String(value ?? '');
      return { kind: 'scalar', file, start, value, source };
    }
    return { kind: 'scalar', file, start, value: null, source: '' };
  }

  function convertAlias(alias: Alias, start: number): YamlNode {
    const anchored = anchors.get(alias.source);
    if (!anchored) {
      throw new Refused(
        start,
        `the alias \`*${alias.source}\` names an anchor that is not defined before it`,
      );
    }
    if (!anchored.node) throw new Refused(start, `the alias \`*${alias.source}\` contains itself`);
    values += anchored.values;
    expanded += anchored.values;
    if (expanded > MAX_EXPANDED) throw new Refused(start, EXPLODED);
    return anchored.node;
  }

  function convertEntries(map: YAMLMap, depth: number): Map<string, YamlEntry> {
    const entries = new Map<string, YamlEntry>();
    const merged: YamlMap[] = [];
    for (const pair of map.items) {
      const keyStart = startOf(pair.key);
      const key = keyOf(pair, keyStart);
      const value = convertNode(pair.value, depth + 1);
      if (key === '<<' && isPlainScalar(pair.key)) {
        merged.push(...mapsToMerge(value, keyStart));
        continue;
      }
      const earlier = entries.get(key);
      if (earlier) {
        const { line } = locate(file, earlier.keyStart);
        throw new Refused(keyStart, `the key \`${key}\` is written twice; first in line ${line}`);
      }
      entries.set(key, { key, file, keyStart, value: placed(value, keyStart) });
    }
    // What a map says itself comes before what it merges, and an earlier source before a later one.
    for (const source of merged) {
      for (const entry of source.entries.values()) {
        if (!entries.has(entry.key)) entries.set(entry.key, entry);
      }
    }
    return entries;
  }

  return convertNode;
}

function keyOf(pair: Pair, keyStart: number): string {
  const { key } = pair;
  if (!isScalar(key)) {
    throw new Refused(
      keyStart,
      'a key must be a text',
      'put quotes around it if it starts with `*`, `[` or `{`',
    );
  }
  if (typeof key.value === 'string') return key.value;
  if (key.value === null) throw new Refused(keyStart, 'a key is empty');
  // `8000: x`, `true: x`: the text as it was written is what was meant.
  return key.source ?? '';
}

function mapsToMerge(value: YamlNode, keyStart: number): readonly YamlMap[] {
  const sources = value.kind === 'sequence' ? value.items : [value];
  return sources.map((source) => {
    if (source.kind === 'map') return source;
    throw new Refused(keyStart, 'the merge key `<<` takes a map, or a list of maps');
  });
}

/** An empty value stands where its key does. */
function placed(value: YamlNode, keyStart: number): YamlNode {
  if (value.kind !== 'scalar' || value.source !== '' || value.value !== null) return value;
  return { ...value, start: keyStart };
}

function isPlainScalar(node: unknown): boolean {
  return isScalar(node) && node.type === 'PLAIN';
}

function anchorOf(node: unknown): string | undefined {
  return isMap(node) || isSeq(node) || isScalar(node) ? node.anchor : undefined;
}

function startOf(node: unknown): number {
  if (isMap(node) || isSeq(node) || isScalar(node) || isAlias(node)) return node.range?.[0] ?? 0;
  return 0;
}
