import type { PathStep, YamlNode } from '../yaml/tree.js';

/** An error as the generated validators report it. */
export interface SchemaError {
  /** A JSON pointer. */
  readonly instancePath: string;
  readonly schemaPath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** The steps of a JSON pointer. */
export function stepsOf(pointer: string): readonly string[] {
  if (pointer === '') return [];
  return pointer
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The path with indexes as numbers, as far as it exists. */
export function typedPath(root: YamlNode, steps: readonly string[]): readonly PathStep[] {
  const path: PathStep[] = [];
  let node: YamlNode | undefined = root;
  for (const step of steps) {
    path.push(node?.kind === 'sequence' ? Number(step) : step);
    if (node?.kind === 'map') node = node.entries.get(step)?.value;
    else if (node?.kind === 'sequence') node = node.items[Number(step)];
  }
  return path;
}
