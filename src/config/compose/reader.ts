import type { Report } from '../problem-log.js';
import { suggest } from '../value/nearest.js';
import {
  describe,
  locateKey,
  locateNode,
  renderPath,
  type PathStep,
  type YamlMap,
  type YamlNode,
} from '../yaml/tree.js';

/** A value of a compose file with its key path, for messages. */
export interface Placed<T extends YamlNode = YamlNode> {
  readonly node: T;
  readonly path: readonly PathStep[];
}

export function fail(report: Report, { node, path }: Placed, message: string, hint = ''): void {
  report({ severity: 'error', at: locateNode(node), path: renderPath(path), message, hint });
}

export function warn(report: Report, { node, path }: Placed, message: string, hint = ''): void {
  report({ severity: 'warning', at: locateNode(node), path: renderPath(path), message, hint });
}

/** Reports keys that are neither known nor start with `x-`. */
export function checkKeys(
  report: Report,
  { node, path }: Placed<YamlMap>,
  names: ReadonlySet<string>,
): void {
  for (const entry of node.entries.values()) {
    if (names.has(entry.key) || entry.key.startsWith('x-')) continue;
    report({
      severity: 'error',
      at: locateKey(entry),
      path: renderPath([...path, entry.key]),
      message: `unknown key \`${entry.key}\``,
      hint: suggest(entry.key, names, 'known here'),
    });
  }
}

/** The value under a key; `undefined` where there is none or it is null. */
export function valueOf(map: Placed<YamlMap>, key: string): Placed | undefined {
  const entry = map.node.entries.get(key);
  if (!entry || isNull(entry.value)) return undefined;
  return { node: entry.value, path: [...map.path, key] };
}

export function isNull(node: YamlNode): boolean {
  return node.kind === 'scalar' && node.value === null;
}

/** A map, or a problem. */
export function readMap(report: Report, value: Placed): Placed<YamlMap> | undefined {
  if (value.node.kind === 'map') return { node: value.node, path: value.path };
  fail(report, value, `must be a map; got ${describe(value.node)}`);
  return undefined;
}

/** A text, or a problem. */
export function readText(report: Report, value: Placed): string | undefined {
  const { node } = value;
  if (node.kind === 'scalar' && typeof node.value === 'string') {
    if (!node.value.includes('\0')) return node.value;
    fail(report, value, 'contains a NUL character, which no program can be given');
    return undefined;
  }
  const isOtherScalar = node.kind === 'scalar' && node.value !== null;
  fail(
    report,
    value,
    `must be a text; got ${describe(node)}`,
    isOtherScalar ? 'put it in quotes' : '',
  );
  return undefined;
}

/** A list of texts, or problems for what is none. A single text counts as a list of one if `allowsSingle`. */
export function readTexts(
  report: Report,
  value: Placed,
  allowsSingle: boolean,
): readonly string[] | undefined {
  const { node, path } = value;
  if (node.kind === 'sequence') {
    const texts = node.items.map((item, index) =>
      readText(report, { node: item, path: [...path, index] }),
    );
    return texts.every((text) => text !== undefined) ? texts : undefined;
  }
  if (allowsSingle && node.kind === 'scalar') {
    const text = readText(report, value);
    return text === undefined ? undefined : [text];
  }
  fail(
    report,
    value,
    `must be ${allowsSingle ? 'a text or a list' : 'a list'}; got ${describe(node)}`,
  );
  return undefined;
}

/** `true` or `false`, also as a text, which is what a variable leaves. */
export function readFlag(report: Report, value: Placed): boolean | undefined {
  const { node } = value;
  if (node.kind === 'scalar') {
    if (typeof node.value === 'boolean') return node.value;
    if (typeof node.value === 'string') {
      // What compose takes for booleans that come out of variables (strconv.ParseBool, and the words of YAML 1.1).
      if (/^(?:true|t|1|yes|y|on)$/i.test(node.value)) return true;
      if (/^(?:false|f|0|no|n|off)$/i.test(node.value)) return false;
    }
  }
  fail(report, value, `must be true or false; got ${describe(node)}`);
  return undefined;
}

/** A whole number of at least `minimum`, also as a text. */
export function readCount(report: Report, value: Placed, minimum: number): number | undefined {
  const { node } = value;
  if (node.kind === 'scalar' && /^\d+$/.test(node.source.trim())) {
    const count = Number(node.source);
    if (Number.isSafeInteger(count) && count >= minimum) return count;
  }
  fail(report, value, `must be a whole number of at least ${minimum}; got ${describe(node)}`);
  return undefined;
}
