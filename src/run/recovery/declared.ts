import type { Outcome } from '../../model/failure.js';
import type { NodeSpec } from '../../model/node.js';
import type { HeldRun } from '../journal/holding.js';
import { readLease } from '../lease/lease.js';
import { describeHolder } from '../lease/words.js';
import { isConnectionFault } from '../retry-policy.js';
import type { RecoveryContext } from './context.js';

/** Whether directories that a dead run had for its results, anywhere on the node, are to be emptied in its name. */
export interface Ruling {
  readonly mayEmpty: boolean;
  /** Why they are left alone, where people want to know that. */
  readonly reason: string | null;
}

const EMPTY: Ruling = { mayEmpty: true, reason: null };

/**
 * Unlike everything else that a run leaves, such a directory does not bear its name: what it holds by now may be somebody
 * else's. So it is emptied as long as the node's lease still is the dead run's, or nobody's, and not once it was emptied by
 * whoever has ended that lease.
 */
export async function ruleOnDeclared(
  held: HeldRun,
  node: NodeSpec,
  { pool, root, present }: RecoveryContext,
): Promise<Outcome<Ruling>> {
  const read = await readLease(pool, node, root);
  if (!read.ok) return isConnectionFault(read.failure.kind) ? read : { ok: true, value: EMPTY };
  const { holder, notes } = read.value;
  const isPresent = holder !== null && holder.run === present?.run;
  const wasSwept = isPresent
    ? present.wasSwept(node.name, held.run)
    : notes.some(({ run, left }) => run === held.run && left.length === 0);
  if (wasSwept) return { ok: true, value: { mayEmpty: false, reason: null } };
  const isOwn = holder?.run === held.run && holder.controller === held.controller;
  if (holder === null || isPresent || isOwn) return { ok: true, value: EMPTY };
  const reason = `they may be somebody else's by now: ${node.name} is held by ${describeHolder(holder)}`;
  return { ok: true, value: { mayEmpty: false, reason } };
}
