import type { Writable } from 'node:stream';

import pLimit from 'p-limit';

import type { Command, CommandResult } from '../../model/command.js';
import type { Failure } from '../../model/failure.js';
import type { NodeSpec } from '../../model/node.js';
import type { ConnectionPool } from '../../remote/pool/pool.js';

/** What came of a command on one node. */
export interface NodeAnswer {
  readonly node: NodeSpec;
  /** The failure where the node could not be reached. */
  readonly outcome:
    | { readonly ok: true; readonly result: CommandResult }
    | { readonly ok: false; readonly failure: Failure };
}

export interface FanOutOptions {
  readonly pool: ConnectionPool;
  /** On how many nodes at once. */
  readonly forks: number;
  readonly signal: AbortSignal;
  /** On each node. Default: none. */
  readonly timeoutMs?: number;
  /** Where the output of a node goes, as it comes; without it, it is in the results. */
  readonly sinks?: (node: NodeSpec) => { readonly stdout: Writable; readonly stderr: Writable };
  /** Of each stream of a node, without sinks. */
  readonly captureLimit?: number;
  /** Called as soon as a node has answered; the node counts as busy until it returns. */
  readonly onAnswer?: (answer: NodeAnswer) => Promise<void>;
}

/**
 * Runs one command on many nodes at once. What it leaves running is left alone: it may be meant to start something.
 *
 * @returns In the order of the nodes.
 */
export async function fanOut(
  nodes: readonly NodeSpec[],
  command: Command,
  options: FanOutOptions,
): Promise<readonly NodeAnswer[]> {
  const { pool, forks, signal, timeoutMs, captureLimit, sinks, onAnswer } = options;
  const limit = pLimit(forks);
  const ask = async (node: NodeSpec): Promise<NodeAnswer> => {
    const used = await pool.use(
      node,
      (connection) =>
        connection.exec(command, {
          signal,
          descendants: 'leave',
          ...(timeoutMs === undefined ? {} : { timeoutMs }),
          ...(captureLimit === undefined ? {} : { captureLimit }),
          ...sinks?.(node),
        }),
      { signal },
    );
    const answer: NodeAnswer = {
      node,
      outcome: used.ok ? { ok: true, result: used.value } : used,
    };
    await onAnswer?.(answer);
    return answer;
  };
  return Promise.all(nodes.map((node) => limit(() => ask(node))));
}
