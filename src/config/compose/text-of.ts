import type { YamlNode } from '../yaml/tree.js';

/** `null` for what is no text, or depends on variables that are not set here. */
export function textOf(node: YamlNode | undefined): string | null {
  if (node?.kind !== 'scalar' || node.value === null || node.isIncomplete) return null;
  return node.source === '' ? null : node.source;
}
