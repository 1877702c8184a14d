import { ExitCode } from '../model/exit-code.js';
import type { NodeSpec } from '../model/node.js';
import { CliError } from './error.js';

/** The nodes that `--nodes PATTERN` means; `null`: every enabled one. */
export async function pickNodes(
  nodes: readonly NodeSpec[],
  pattern: string | null,
): Promise<readonly NodeSpec[]> {
  const { selectNodes } = await import('../plan/node-selection.js');
  const { selected, unmatched } = selectNodes(nodes, pattern);
  const [first] = unmatched;
  if (first === undefined) return selected;
  const { suggest } = await import('../config/value/nearest.js');
  const [known, whatTheyAre] = first.includes('=')
    ? [labelsOf(nodes), 'there are the labels']
    : [nodes.map(({ name }) => name), 'the project has'];
  throw new CliError(
    `no node matches ${unmatched.join(', ')}`,
    ExitCode.usage,
    suggest(first, known, whatTheyAre) || 'playbook nodes lists them with their labels',
  );
}

/** As they are written in a pattern, each once. */
function labelsOf(nodes: readonly NodeSpec[]): readonly string[] {
  const labels = nodes.flatMap((node) => Object.entries(node.labels));
  return [...new Set(labels.map(([key, value]) => `${key}=${value}`))].sort();
}
