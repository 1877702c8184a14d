import { aborted } from '../../async/abort.js';
import type { Clock } from '../../async/clock.js';
import { createFailure, type Failure } from '../../model/failure.js';
import type { NodeSpec } from '../../model/node.js';
import type { ConnectionPool } from '../../remote/pool/pool.js';
import { formatDuration } from '../../report/text/duration.js';
import { isConnectionFault, PROOF } from '../retry-policy.js';
import { withRetries } from '../retry.js';
import type { LeaseAnswer } from './answer.js';
import { type Belongings, type Claim, releaseLease, renewLease } from './lease.js';

/** Why a lease is no longer ours. */
export interface Loss {
  /** What the machine says; `null`: it was not heard of for too long. */
  readonly answer: LeaseAnswer | null;
  /** Since it was last renewed. */
  readonly silentMs: number;
  /** Why it could not be renewed the last time, where anybody said so. */
  readonly trouble: Failure | null;
}

export interface HeldLease {
  readonly node: NodeSpec;
  /** Out of turn: there is something new to tell, or to know. @returns Whether the machine has heard of it. */
  renewNow(): Promise<boolean>;
  /** Renews it no more: its watchdog does the rest. */
  abandon(): Promise<void>;
  /** @returns Why it cannot be said that it is gone. */
  release(): Promise<Failure | null>;
}

export interface HoldOptions {
  readonly pool: ConnectionPool;
  readonly clock: Clock;
  readonly claim: Claim;
  /** On the clock's monotonic scale. */
  readonly acquiredAt: number;
  /** Strikes it off the journal. */
  readonly strike: () => void;
  readonly belongings: () => Belongings;
  /** The watchdog was gone, and there is a new one. */
  readonly onRestarted: () => void;
  readonly onLost: (why: Loss) => void;
  /** What the machine said when it was given back. */
  readonly onReleased: (answer: LeaseAnswer) => void;
}

/** Between two renewals, at most. */
const LONGEST_PAUSE_MS = 60_000;
const SHORTEST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 5_000;

/** Renews a lease in time, until it is released or lost. */
export function holdLease(node: NodeSpec, options: HoldOptions): HeldLease {
  const { pool, clock, claim, belongings, strike } = options;
  const { leaseMs } = claim;
  const pauseMs = Math.min(leaseMs / 3, LONGEST_PAUSE_MS);
  const retryMs = Math.max(SHORTEST_RETRY_MS, Math.min(pauseMs / 4, LONGEST_RETRY_MS));
  const over = new AbortController();
  let renewedAt = options.acquiredAt;
  let trouble: Failure | null = null;
  let hasWarned = false;
  let turn: Promise<unknown> = Promise.resolve();

  const lose = (answer: LeaseAnswer | null) => {
    if (over.signal.aborted) return;
    over.abort();
    if (answer) strike();
    // What is still in our name there is being swept by the watchdog.
    const isOwn = answer?.holder?.id === claim.holder;
    options.onLost({
      answer: answer && isOwn ? { ...answer, holder: null } : answer,
      silentMs: clock.monotonic() - renewedAt,
      trouble,
    });
  };
  /** @returns Whether the machine has heard of it. */
  const renewOnce = async (): Promise<boolean> => {
    if (over.signal.aborted) return false;
    const begin = clock.monotonic();
    const renewed = await renewLease(pool, node, claim, belongings(), leaseMs);
    trouble = renewed.ok ? whyNotRenewed(node, renewed.value) : renewed.failure;
    if (!renewed.ok) return false;
    const answer = renewed.value;
    if (answer.word === 'lost') lose(answer);
    if (answer.word !== 'renewed') return false;
    // From when it was said: nobody knows how long that took to get there.
    renewedAt = Math.max(renewedAt, begin);
    if (answer.watchdog === 'started' && !hasWarned) {
      hasWarned = true;
      options.onRestarted();
    }
    return true;
  };
  const renew = (): Promise<boolean> => {
    const next = turn.then(renewOnce);
    turn = next.catch(() => undefined);
    return next;
  };

  const isOver = () => over.signal.aborted;
  const keep = async () => {
    let wasHeard = true;
    while (!isOver()) {
      // Counted from when the machine was last told: an answer may take long, the very first one, too.
      const dueMs = Math.max(0, renewedAt + pauseMs - clock.monotonic());
      await clock.sleep(wasHeard ? dueMs : retryMs, over.signal);
      if (isOver()) return;
      const late = new AbortController();
      const limit = clock.sleep(renewedAt + leaseMs - clock.monotonic(), late.signal);
      // A line that is dead does not say so: the time is up all the same.
      const first = await Promise.race([renew(), limit.then(() => null), aborted(over.signal)]);
      late.abort();
      wasHeard = first === true;
      if (!wasHeard && clock.monotonic() - renewedAt >= leaseMs) lose(null);
    }
  };
  const keeping = keep();
  const abandon = async () => {
    over.abort();
    await keeping;
  };

  return {
    node,
    renewNow: renew,
    abandon,
    async release() {
      await abandon();
      const released = await withRetries(() => releaseLease(pool, node, claim), {
        clock,
        backoff: PROOF,
        isWorthIt: isConnectionFault,
      });
      if (!released.ok) return unproven(node, leaseMs, released.failure);
      options.onReleased(released.value);
      const failure = whyNotReleased(node, released.value);
      if (failure === null) strike();
      return failure;
    },
  };
}

function whyNotRenewed(node: NodeSpec, { word }: LeaseAnswer): Failure | null {
  return word === 'busy'
    ? createFailure('lease_failed', 'its lease is locked by somebody', { node: node.name })
    : null;
}

function whyNotReleased(node: NodeSpec, answer: LeaseAnswer): Failure | null {
  const about = { node: node.name, hint: 'playbook status shows who has the node' };
  if (answer.word === 'lost') return null;
  if (answer.word !== 'released') {
    return createFailure('left_behind', `its lease could not be given back: ${answer.word}`, about);
  }
  return answer.watchdog === 'alive'
    ? createFailure('left_behind', 'the watchdog of its lease still runs', about)
    : null;
}

function unproven(node: NodeSpec, leaseMs: number, cause: Failure): Failure {
  return createFailure('left_behind', 'its lease could not be given back', {
    node: node.name,
    hint: `its watchdog does that ${formatDuration(leaseMs)} after the last sign of life`,
    cause,
  });
}
