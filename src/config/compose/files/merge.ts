import type { YamlEntry, YamlMap, YamlNode } from '../../yaml/tree.js';

/**
 * Merges two definitions of one service as compose does for `extends`, for several files of one `include` and for an
 * override of the file, and for nothing else: maps key by key, lists appended, scalars replaced, with exceptions by key.
 */
export function mergeService(base: YamlMap, over: YamlMap): YamlMap {
  return mergeMaps(base, over, '');
}

/** Written anew rather than added to. */
const REPLACED = new Set(['command', 'entrypoint', 'healthcheck.test']);
/** Maps that may also be written as a list; merged by key. */
const LIST_OR_MAP = new Set(['environment', 'labels', 'annotations', 'extra_hosts', 'sysctls']);
/** A single text or a list of them. */
const TEXT_OR_LIST = new Set(['env_file', 'dns', 'dns_search', 'tmpfs', 'label_file']);
/** Lists in which the same thing counts once: by the place inside the container. */
const BY_TARGET = new Set(['volumes', 'configs', 'secrets']);

function mergeMaps(base: YamlMap, over: YamlMap, path: string): YamlMap {
  const entries = new Map(base.entries);
  for (const [key, entry] of over.entries) {
    const earlier = entries.get(key);
    const inner = path === '' ? key : `${path}.${key}`;
    entries.set(
      key,
      earlier ? { ...entry, value: mergeValues(earlier.value, entry.value, inner) } : entry,
    );
  }
  return { ...over, entries };
}

function mergeValues(base: YamlNode, over: YamlNode, path: string): YamlNode {
  if (REPLACED.has(path)) return over;
  if (path === 'depends_on') return mergeDependencies(base, over);
  if (LIST_OR_MAP.has(path)) return mergeListsOrMaps(base, over);
  if (TEXT_OR_LIST.has(path)) return append(asSequence(base), asSequence(over), itemIdentity);
  if (base.kind === 'map' && over.kind === 'map') return mergeMaps(base, over, path);
  if (base.kind === 'sequence' && over.kind === 'sequence') {
    return append(base, over, BY_TARGET.has(path) ? targetOf : itemIdentity);
  }
  // A null says nothing, so it takes nothing away.
  return over.kind === 'scalar' && over.value === null ? base : over;
}

function asSequence(node: YamlNode): YamlNode {
  return node.kind === 'scalar' && node.value !== null
    ? { kind: 'sequence', file: node.file, start: node.start, items: [node] }
    : node;
}

function append(base: YamlNode, over: YamlNode, identity: (node: YamlNode) => string): YamlNode {
  if (base.kind !== 'sequence' || over.kind !== 'sequence') return over;
  const items = new Map(base.items.map((item) => [identity(item), item]));
  for (const item of over.items) items.set(identity(item), item);
  return { ...over, items: [...items.values()] };
}

/** Lists and maps of `KEY=value` become maps, and the later value counts. */
function mergeListsOrMaps(base: YamlNode, over: YamlNode): YamlNode {
  const [first, second] = [asKeyedMap(base), asKeyedMap(over)];
  return first && second
    ? { ...second, entries: new Map([...first.entries, ...second.entries]) }
    : over;
}

function asKeyedMap(node: YamlNode): YamlMap | undefined {
  if (node.kind === 'map') return node;
  if (node.kind !== 'sequence') return undefined;
  const entries = new Map<string, YamlEntry>();
  for (const item of node.items) {
    if (item.kind !== 'scalar' || typeof item.value !== 'string') return undefined;
    const [key, value] = splitAssignment(item.value);
    const scalar = { ...item, value, source: value ?? '' };
    entries.set(key, { key, file: item.file, keyStart: item.start, value: scalar });
  }
  return { kind: 'map', file: node.file, start: node.start, entries };
}

/** `KEY=value`, or `KEY` alone. */
export function splitAssignment(text: string): readonly [string, string | null] {
  const at = text.indexOf('=');
  return at === -1 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
}

/** A list of names becomes the map that it stands for. */
function mergeDependencies(base: YamlNode, over: YamlNode): YamlNode {
  const [first, second] = [asDependencyMap(base), asDependencyMap(over)];
  return first && second
    ? { ...second, entries: new Map([...first.entries, ...second.entries]) }
    : over;
}

function asDependencyMap(node: YamlNode): YamlMap | undefined {
  if (node.kind === 'map') return node;
  if (node.kind !== 'sequence') return undefined;
  const entries = new Map<string, YamlEntry>();
  for (const item of node.items) {
    if (item.kind !== 'scalar' || typeof item.value !== 'string') return undefined;
    const value: YamlMap = { kind: 'map', file: item.file, start: item.start, entries: new Map() };
    entries.set(item.value, { key: item.value, file: item.file, keyStart: item.start, value });
  }
  return { kind: 'map', file: node.file, start: node.start, entries };
}

function itemIdentity(node: YamlNode): string {
  return node.kind === 'scalar' ? `=${node.source}` : `@${node.file.path}:${node.start}`;
}

function targetOf(node: YamlNode): string {
  if (node.kind === 'map') {
    const target = node.entries.get('target')?.value ?? node.entries.get('source')?.value;
    return target?.kind === 'scalar' ? target.source : itemIdentity(node);
  }
  if (node.kind !== 'scalar') return itemIdentity(node);
  const [source = '', target] = node.source.split(':');
  return target ?? source;
}
