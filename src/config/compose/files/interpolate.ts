import type { Report } from '../../problem-log.js';
import { looksSecret } from '../../value/secret.js';
import { expand, type Lookup } from '../../value/template.js';
import {
  locateNode,
  renderPath,
  type PathStep,
  type YamlEntry,
  type YamlMap,
  type YamlNode,
  type YamlScalar,
} from '../../yaml/tree.js';

/**
 * Puts variables into the values of a compose file, after it was read and before anything is merged, as compose does:
 * keys stay as they are, and what a variable holds is never YAML.
 *
 * @param told Names of unset variables that the user was told of already.
 */
export function interpolate(
  root: YamlMap,
  lookup: Lookup,
  report: Report,
  told: Set<string>,
): YamlMap {
  if (!root.file.text.includes('$')) return root;
  const interpolateNode = (node: YamlNode, path: readonly PathStep[]): YamlNode => {
    switch (node.kind) {
      case 'map': {
        const entries = new Map<string, YamlEntry>();
        for (const [key, entry] of node.entries) {
          entries.set(key, { ...entry, value: interpolateNode(entry.value, [...path, key]) });
        }
        return { ...node, entries };
      }
      case 'sequence':
        return {
          ...node,
          items: node.items.map((item, at) => interpolateNode(item, [...path, at])),
        };
      case 'scalar':
        return typeof node.value === 'string' && node.value.includes('$')
          ? interpolateScalar(node, node.value, path)
          : node;
    }
  };

  const interpolateScalar = (
    node: YamlScalar,
    text: string,
    path: readonly PathStep[],
  ): YamlScalar => {
    const names: string[] = [];
    const expansion = expand(
      text,
      (name) => {
        names.push(name);
        return lookup(name);
      },
      'compose',
    );
    const at = locateNode(node);
    if (expansion.error !== null) {
      report({ severity: 'error', at, path: renderPath(path), message: expansion.error });
    }
    for (const name of expansion.unset) {
      if (told.has(name)) continue;
      told.add(name);
      report({
        severity: 'warning',
        at,
        path: renderPath(path),
        message: `the variable ${name} is not set and counts as empty`,
        hint: `set it, write \${${name}:-default}, or $$ for a literal $`,
      });
    }
    return {
      ...node,
      value: expansion.text,
      source: expansion.text,
      isSubstituted: true,
      ...(expansion.unset.length > 0 ? { isIncomplete: true } : {}),
      ...(names.some(looksSecret) ? { isSecret: true } : {}),
    };
  };

  const entries = new Map(root.entries);
  // Extensions are not used themselves; where an anchor brings them into a service, they are interpolated there.
  for (const key of ['services', 'include']) {
    const entry = root.entries.get(key);
    if (entry) entries.set(key, { ...entry, value: interpolateNode(entry.value, [key]) });
  }
  return { ...root, entries };
}
