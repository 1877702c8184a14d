import { createFailure, type Failure } from '../../model/failure.js';
import type { NodeSpec } from '../../model/node.js';
import { controllerToken } from '../controller.js';
import type { HeldRun } from '../journal/holding.js';
import { isGone } from '../lease/gone.js';
import { readLease } from '../lease/lease.js';
import { describeHolder, leaseEnd } from '../lease/words.js';
import type { RecoveryContext } from './context.js';

/**
 * A run of another controller may live although this project has it in its journal: the folder may be a copy, or shared
 * between machines. Its leases tell, which others must not take away either.
 *
 * @returns Why it must not be swept on a node; `null`: nothing speaks against it.
 */
export async function keptUpBy(
  { run, controller }: HeldRun,
  node: NodeSpec,
  { pool, root, signal }: RecoveryContext,
): Promise<Failure | null> {
  const own = controllerToken(root);
  if (controller === own) return null;
  const asked = await readLease(pool, node, root, { signal });
  if (!asked.ok) return null;
  const { word, holder } = asked.value;
  const isItself = holder?.run === run && holder.controller === controller;
  if (word !== 'held' || !isItself || isGone(holder, own)) return null;
  return createFailure('locked', `it may live: ${node.name} is held by ${describeHolder(holder)}`, {
    node: node.name,
    hint: `where that run is dead, its lease ends ${leaseEnd(holder)}`,
  });
}
