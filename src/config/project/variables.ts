import { looksSecret, type SecretCollector } from '../value/secret.js';
import { expand, type Lookup } from '../value/template.js';
import type { YamlEntry, YamlMap, YamlNode, YamlScalar } from '../yaml/tree.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Looks variables up in several places, the first one first. What is found under the name of a secret is kept as one.
 */
export function createLookup(
  environment: Environment,
  files: readonly ReadonlyMap<string, string>[],
  secrets: SecretCollector,
): Lookup {
  return (name) => {
    // A plain index would also find what every object inherits.
    let value = Object.hasOwn(environment, name) ? environment[name] : undefined;
    for (const file of files) value ??= file.get(name);
    if (value !== undefined) secrets.note(name, value);
    return value;
  };
}

/**
 * Resolves `${VAR}` and `${VAR:-default}` in every text of one of the project's own files. A value that needs a
 * variable which is not set stays, marked as such: it is a mistake only if somebody uses it.
 */
export function substituteVariables(root: YamlMap, lookup: Lookup): YamlMap {
  if (!root.file.text.includes('${')) return root;
  return substituteMap(root, lookup);
}

function substituteMap(map: YamlMap, lookup: Lookup): YamlMap {
  const entries = new Map<string, YamlEntry>();
  let isChanged = false;
  for (const [key, entry] of map.entries) {
    const value = substituteNode(entry.value, lookup);
    isChanged ||= value !== entry.value;
    entries.set(key, value === entry.value ? entry : { ...entry, value });
  }
  return isChanged ? { ...map, entries } : map;
}

function substituteNode(node: YamlNode, lookup: Lookup): YamlNode {
  switch (node.kind) {
    case 'map':
      return substituteMap(node, lookup);
    case 'sequence': {
      const items = node.items.map((item) => substituteNode(item, lookup));
      return items.some((item, index) => item !== node.items[index]) ? { ...node, items } : node;
    }
    case 'scalar':
      return typeof node.value === 'string' && node.value.includes('${')
        ? substituteScalar(node, node.value, lookup)
        : node;
  }
}

function substituteScalar(node: YamlScalar, text: string, lookup: Lookup): YamlScalar {
  const names: string[] = [];
  const expansion = expand(
    text,
    (name) => {
      names.push(name);
      return lookup(name);
    },
    'project',
  );
  if (expansion.unset.length > 0) return { ...node, unset: expansion.unset };
  if (names.length === 0) return node;
  return {
    ...node,
    value: expansion.text,
    source: expansion.text,
    isSubstituted: true,
    ...(names.some(looksSecret) ? { isSecret: true } : {}),
  };
}
