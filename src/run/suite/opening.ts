import path from 'node:path';

import type { Clock } from '../../async/clock.js';
import type { Failure, Outcome } from '../../model/failure.js';
import type { NodeSpec } from '../../model/node.js';
import type { SuitePlan } from '../../model/plan.js';
import { createRedactor } from '../../remote/redaction.js';
import { type CreatedRun, createRun } from '../../results/store.js';
import { nameNode } from '../journal/holding.js';
import type { EarlierRuns, Journal } from '../journal/journal.js';
import { openJournal } from '../journal/open-journal.js';
import { acquireProjectLock } from '../locks/project-lock.js';
import { openController } from '../controller.js';
import { allNodesOf } from '../preflight/nodes-of.js';
import type { Warnings } from '../warnings.js';

export interface OpeningOptions {
  /** How long to wait for others who have the project, or a node. Default 0. */
  readonly waitLockMs?: number;
  /** Told for whom it waits, before there is a run that could tell it. */
  readonly onWaiting?: (waiting: { readonly reason: string; readonly waitMs: number }) => void;
  /** Ends the wait, and the run. */
  readonly signal: AbortSignal;
}

interface Surroundings {
  readonly clock: Clock;
  readonly controller: NodeSpec;
  readonly warnings: Warnings;
}

/** A run that has its name, its folder, its journal, and the project for itself. */
export interface OpenedRun extends CreatedRun {
  readonly journal: Journal;
  readonly earlier: EarlierRuns;
  /** Aborts to stop the run: as it was told to, or because it has lost the project. */
  readonly signal: AbortSignal;
  /** Gives the project back. Safe to call twice. */
  close(): Promise<void>;
}

/** Nothing is put anywhere before this has worked: whatever a run leaves, somebody must be able to find it. */
export async function openRun(
  plan: SuitePlan,
  { clock, controller, warnings }: Surroundings,
  { waitLockMs = 0, onWaiting, signal }: OpeningOptions,
): Promise<Outcome<OpenedRun>> {
  const { root } = plan;
  const locked = await acquireProjectLock({
    root,
    command: 'run',
    clock,
    waitMs: waitLockMs,
    signal,
    onWaiting: (reason) => onWaiting?.({ reason, waitMs: waitLockMs }),
    onLost: warnings.add,
  });
  if (!locked.ok) return locked;
  const lock = locked.value;
  const giveUp = async (failure: Failure) => {
    await lock.release();
    return { ok: false, failure } as const;
  };

  const token = await openController(root);
  if (!token.ok) return giveUp(token.failure);
  const machines = [controller, ...plan.nodes].map(nameNode);
  const opened = await openJournal({
    root,
    controller: token.value,
    machines,
    mask: createRedactor(plan.secrets).text,
    isLost: lock.isLost,
  });
  if (!opened.ok) return giveUp(opened.failure);
  const { earlier } = opened.value;
  const abandon = async (failure: Failure) => {
    await opened.value.close();
    return giveUp(failure);
  };

  const at = clock.now();
  const created = await createRun(path.join(root, 'results'), new Date(at));
  if (!created.ok) return abandon(created.failure);
  const run = created.value.folder.id;
  const named = await lock.nameRun(run);
  if (!named.ok) return abandon(named.failure);
  const nodes = [controller, ...allNodesOf(plan)].map(nameNode);
  const begun = await opened.value.begin({ run, at, nodes });
  if (!begun.ok) return abandon(begun.failure);
  const journal = begun.value;
  const close = async () => {
    await journal.close();
    await lock.release();
  };
  let closed: Promise<void> | null = null;
  return {
    ok: true,
    value: {
      ...created.value,
      journal,
      earlier,
      signal: lock.signal,
      close: () => (closed ??= close()),
    },
  };
}
