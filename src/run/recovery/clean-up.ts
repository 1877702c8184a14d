import path from 'node:path';

import type { Clock } from '../../async/clock.js';
import type { Failure, Outcome } from '../../model/failure.js';
import type { NodeSpec } from '../../model/node.js';
import type { ConnectionPool } from '../../remote/pool/pool.js';
import { concludeInterrupted } from '../../results/interrupted.js';
import { cancelled } from '../interruption.js';
import { nameNode } from '../journal/holding.js';
import type { EarlierRuns } from '../journal/journal.js';
import { openJournal } from '../journal/open-journal.js';
import { acquireProjectLock } from '../locks/project-lock.js';
import { openController } from '../controller.js';
import { type KeptSomewhere, findKept } from './kept.js';
import { type NodeRecovery, recoverEarlier } from './recover.js';

/** What `playbook cleanup` works on. */
export interface CleanUpContext {
  readonly root: string;
  readonly nodes: readonly NodeSpec[];
  readonly controller: NodeSpec;
  readonly clock: Clock;
  readonly pool: ConnectionPool;
  readonly mask: (text: string) => string;
  readonly warn: (message: string) => void;
}

export interface CleanUpOptions {
  /** Nodes that are given up: what the journal says of them is struck off, and nothing is touched. */
  readonly forgotten: readonly string[];
  /** Removes even results that could not be brought home. */
  readonly isKeptRemoved: boolean;
  readonly waitLockMs: number;
  readonly onWaiting: (reason: string) => void;
  readonly signal: AbortSignal;
}

export interface CleanUpReport {
  readonly nodes: readonly NodeRecovery[];
  /** Results that could not be brought home, and are still there. */
  readonly kept: readonly KeptSomewhere[];
  /** Those that are not there any more. */
  readonly gone: readonly KeptSomewhere[];
  /** Runs that turned out to have been interrupted. */
  readonly interrupted: readonly string[];
  /** Entries that were given up, for people. */
  readonly forgotten: readonly {
    readonly run: string;
    readonly node: string;
    readonly what: string;
  }[];
  /** The journal was damaged so that nobody can tell what it held. */
  readonly hasLostRun: boolean;
  readonly failures: readonly Failure[];
}

/** Removes what interrupted runs have left, as the journal tells, and nothing else. */
export async function cleanUp(
  context: CleanUpContext,
  options: CleanUpOptions,
): Promise<Outcome<CleanUpReport>> {
  const { root, nodes, controller, clock, mask } = context;
  const { waitLockMs: waitMs, onWaiting, signal } = options;
  const locked = await acquireProjectLock({
    ...{ root, command: 'cleanup', clock, waitMs, signal, onWaiting },
    onLost: context.warn,
  });
  if (!locked.ok) return locked;
  try {
    const token = await openController(root);
    if (!token.ok) return token;
    const machines = [controller, ...nodes].map(nameNode);
    const { isLost, signal: stop } = locked.value;
    const opened = await openJournal({ root, controller: token.value, machines, mask, isLost });
    if (!opened.ok) return opened;
    try {
      const swept = await sweepAll(opened.value.earlier, context, { ...options, signal: stop });
      const failures = isLost() ? [...swept.failures, cancelled(stop.reason)] : swept.failures;
      return { ok: true, value: { ...swept, failures } };
    } finally {
      await opened.value.close();
    }
  } finally {
    await locked.value.release();
  }
}

async function sweepAll(
  earlier: EarlierRuns,
  { root, nodes, controller, clock, pool, mask }: CleanUpContext,
  { forgotten, isKeptRemoved, signal }: CleanUpOptions,
): Promise<CleanUpReport> {
  const given = forget(earlier, forgotten);
  const recovered = await recoverEarlier(
    earlier,
    { root, nodes, controller },
    { clock, pool, signal, isKeptRemoved },
  );
  // Nobody else is at a run of this project: the lock says so.
  const concluded = await concludeInterrupted(path.join(root, 'results'), () => false, mask);
  return {
    nodes: recovered,
    ...(await findKept(earlier, { root, nodes, controller }, pool, signal)),
    interrupted: concluded.runs,
    forgotten: given,
    hasLostRun: earlier.hasLostRun,
    failures: concluded.failures,
  };
}

function forget(earlier: EarlierRuns, names: readonly string[]): CleanUpReport['forgotten'] {
  return earlier.list().flatMap(({ run, open, kept }) => {
    const entries = [
      ...[...open].map(([id, { node, description }]) => ({ id, node, what: description })),
      ...[...kept].map(([id, { node, scenario }]) => ({
        ...{ id, node, what: `results of ${scenario}` },
      })),
    ].filter(({ node }) => names.includes(node));
    earlier.strike(
      run,
      entries.map(({ id }) => id),
    );
    return entries.map(({ node, what }) => ({ run, node, what }));
  });
}
