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
  const names = nodes.map(({ name }) => name);
  throw new CliError(
    `no node matches ${unmatched.join(', ')}`,
    ExitCode.usage,
    suggest(first, names, 'the project has') || 'playbook nodes lists them with their labels',
  );
}
