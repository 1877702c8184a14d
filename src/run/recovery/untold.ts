import type { Outcome } from '../../model/failure.js';
import type { NodeSpec } from '../../model/node.js';
import type { HeldRun } from '../journal/holding.js';
import type { Pairs } from '../lease/answer.js';
import { readLease } from '../lease/lease.js';
import { isConnectionFault } from '../retry-policy.js';
import type { RecoveryContext } from './context.js';

/** What the journal does not tell of a run on a node, as far as its lease there does. */
export interface Untold extends Pairs {
  /**
   * Whoever knew what is to be kept has swept its folders: what is left of them are results that could not be brought home.
   */
  readonly isSwept: boolean;
}

const NOTHING: Untold = { isSwept: false, bases: [], emptied: [], kept: [] };

/**
 * Asks a node what a run has there of which the journal has lost entries: where it looks for folders, and which of them are
 * to be kept, must not depend on a file that is damaged.
 */
export async function askForUntold(
  held: HeldRun,
  node: NodeSpec,
  { pool, root, present }: RecoveryContext,
): Promise<Outcome<Untold>> {
  if (present?.wasSwept(node.name, held.run)) {
    return { ok: true, value: { ...NOTHING, isSwept: true } };
  }
  const read = await readLease(pool, node, root);
  if (!read.ok) return isConnectionFault(read.failure.kind) ? read : { ok: true, value: NOTHING };
  const { holder, pairs, notes } = read.value;
  if (holder?.run === held.run && holder.controller === held.controller) {
    return { ok: true, value: { ...pairs, isSwept: false } };
  }
  const isSwept = notes.some(({ run, left }) => run === held.run && left.length === 0);
  return { ok: true, value: { ...NOTHING, isSwept } };
}
