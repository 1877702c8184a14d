import type { NodeSpec } from '../model/node.js';

export interface SelectedNodes {
  /** In the order of the configuration, each once. */
  readonly selected: readonly NodeSpec[];
  /** Parts of the pattern that no node matches. */
  readonly unmatched: readonly string[];
}

/**
 * Picks nodes by a pattern: parts separated by commas, each a name, a name with `*` and `?`, or a label `key=value`, whose
 * value may hold them too. A part that begins with `!` takes nodes away. Disabled nodes have to be named in full.
 *
 * @param pattern `null`: every enabled node.
 */
export function selectNodes(nodes: readonly NodeSpec[], pattern: string | null): SelectedNodes {
  const parts = (pattern ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const wanted = parts.filter((part) => !part.startsWith('!'));
  const unwanted = parts.filter((part) => part.startsWith('!')).map((part) => part.slice(1).trim());

  const matches = (node: NodeSpec, part: string) =>
    node.name === part || (node.enabled && isMatch(node, part));
  const isWanted = (node: NodeSpec) =>
    wanted.length === 0 ? node.enabled : wanted.some((part) => matches(node, part));
  return {
    selected: nodes.filter(
      (node) => isWanted(node) && !unwanted.some((part) => isMatch(node, part)),
    ),
    unmatched: [
      ...wanted.filter((part) => !nodes.some((node) => matches(node, part))),
      ...unwanted.filter((part) => !nodes.some((node) => isMatch(node, part))),
    ],
  };
}

function isMatch({ name, labels }: NodeSpec, part: string): boolean {
  const equals = part.indexOf('=');
  if (equals === -1) return isLike(name, part);
  const value = labels[part.slice(0, equals)];
  return value !== undefined && isLike(value, part.slice(equals + 1));
}

function isLike(text: string, pattern: string): boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'su').test(text);
}
