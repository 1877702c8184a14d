import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';

import type { Failure, FailureKind, Outcome } from '../../model/failure.js';
import { orAborted } from '../../async/abort.js';
import type { Clock } from '../../async/clock.js';
import { startDeadline } from '../../async/deadline.js';
import type { NodeSpec } from '../../model/node.js';
import type { ConnectionPool } from '../../remote/pool/pool.js';
import { formatDuration } from '../../report/text/duration.js';
import type { Emit } from '../events.js';
import type { Journal } from '../journal/journal.js';
import { controllerToken } from '../controller.js';
import type { LeaseAnswer } from './answer.js';
import { type Belongings, type Claim, NOTHING_ELSE, acquireLease, releaseLease } from './lease.js';
import { type HeldLease, holdLease } from './held-lease.js';
import { type Patience, patienceWith } from './patience.js';
import { type Tried, untilGot } from './until-got.js';
import { describeNote, describeTaken, heldBy, lostLease } from './words.js';
import { userName } from '../../remote/local/user-name.js';

/** Keeps the machines of a suite for this run alone, from its beginning to its end. */
export interface LeaseKeeper {
  /**
   * Gets every machine, or none: where others have one, it waits for them as long as the run may. A machine that cannot be
   * reached is no failure here.
   */
  acquireAll(): Promise<readonly Failure[]>;
  /** Asks whether machines still are this run's own, and gets those that could not be had before, or were lost since. */
  acquireFor(machines: readonly string[]): Promise<readonly Failure[]>;
  /**
   * Tells when a machine is lost: nothing that runs there counts any more.
   *
   * @returns Stops telling.
   */
  watch(machines: readonly string[], onLost: (failure: Failure) => void): () => void;
  /** Whether a machine is this run's own, as far as is known. */
  holds(machine: string): boolean;
  /** Asks machines whether they still are this run's own; those that are lost are told of before it returns. */
  confirm(machines: readonly string[]): Promise<void>;
  /**
   * Whether what an earlier run of this project had on a machine was removed there before this one got it: by its watchdog,
   * or when its lease was taken over.
   */
  wasSwept(machine: string, run: string): boolean;
  /**
   * Tells a machine what the run has there besides its own folders, before it is used.
   *
   * @returns Whether it has heard that; otherwise it is told at the next renewal that gets through.
   */
  tell(machine: string, belongings: Partial<Belongings>): Promise<boolean>;
  /**
   * Gives every machine back, but for those on which something is left: their leases say what that is, to their watchdogs
   * and to whoever takes the machines over.
   *
   * @param dirty Machines on which something is left.
   * @returns Those where that could not be proven.
   */
  releaseAll(dirty?: ReadonlySet<string>): Promise<readonly Failure[]>;
}

/** What leases need of a run. */
export interface LeaseContext {
  readonly run: string;
  /** The project's root, absolute. */
  readonly root: string;
  readonly clock: Clock;
  readonly pool: ConnectionPool;
  readonly journal: Journal;
  /** This machine, as a node. */
  readonly controller: NodeSpec;
  readonly emit: Emit;
}

export interface LeaseOptions {
  /** Those of the suite, without the controller. */
  readonly nodes: readonly NodeSpec[];
  readonly leaseMs: number;
  /** How long to wait for others. */
  readonly waitMs: number;
  /** By machine: results of earlier runs that nobody may remove. Absolute paths there. */
  readonly keptOn: (machine: string) => readonly string[];
  readonly signal: AbortSignal;
  /** From 0 to 1. Default `Math.random`. */
  readonly random?: () => number;
}

/** What is wrong with a lease, and not with the machine. */
const OURS: readonly FailureKind[] = ['locked', 'lease_failed'];
/** To hear that a machine is still ours: one that says nothing is not waited for, and nothing is known of it. */
const CONFIRM_MS = 5_000;

interface Try {
  readonly lease: HeldLease | null;
  readonly failure: Failure | null;
  readonly patience: Patience;
}

const NO_PATIENCE: Patience = { waitMs: 0, isYielding: false };

/** Runs of this project of which nothing was left when the machine was given to this one. */
function sweptBefore({ notes, taken, left, trouble }: LeaseAnswer, controller: string): string[] {
  const isTakenClean = taken?.controller === controller && left.length + trouble.length === 0;
  return [
    ...notes.filter((note) => note.left.length + note.trouble.length === 0).map(({ run }) => run),
    ...(isTakenClean ? [taken.run] : []),
  ];
}

export function createLeaseKeeper(context: LeaseContext, options: LeaseOptions): LeaseKeeper {
  const { clock, emit, pool, journal, root, run } = context;
  const { leaseMs, signal } = options;
  const machines = new Map([context.controller, ...options.nodes].map((node) => [node.name, node]));
  const claim: Claim = {
    run,
    controller: controllerToken(root),
    holder: randomBytes(4).toString('hex'),
    machine: hostname(),
    user: userName(),
    pid: process.pid,
    root,
    since: new Date(clock.now()).toISOString(),
    leaseMs,
  };
  const held = new Map<string, HeldLease>();
  /** By machine: strikes its lease off the journal. */
  const strikes = new Map<string, () => void>();
  const belongings = new Map<string, Belongings>();
  /** By machine: runs whose things were removed before it was ours. */
  const swept = new Map<string, Set<string>>();
  /** What watchdogs have removed, as far as it was told. */
  const told = new Set<string>();
  let isOver = false;
  const watchers = new Set<{ machines: readonly string[]; onLost: (failure: Failure) => void }>();
  const warn = (node: string, message: string) => emit({ type: 'warning', node, message });

  const lose = (name: string, failure: Failure) => {
    warn(name, failure.message);
    for (const { machines: wanted, onLost } of watchers) if (wanted.includes(name)) onLost(failure);
  };
  const tellOf = (name: string, answer: LeaseAnswer) => {
    for (const each of sweptBefore(answer, claim.controller)) {
      swept.set(name, (swept.get(name) ?? new Set()).add(each));
    }
    for (const note of answer.notes) warn(name, describeNote(note, told));
    if (answer.taken) warn(name, describeTaken(answer, options.keptOn(name)));
    if (answer.watchdog === 'missing') {
      warn(name, 'no watchdog could be started: nobody will clean up there if this run is cut off');
    }
  };

  const ownOf = (name: string) => belongings.get(name) ?? NOTHING_ELSE;
  /** Once for each machine, however often it is tried. */
  const enter = async (node: NodeSpec): Promise<Outcome<() => void>> => {
    const known = strikes.get(node.name);
    if (known) return { ok: true, value: known };
    const entered = await journal.enter({
      node: node.name,
      kind: 'lease',
      scenario: null,
      description: `lease ${claim.holder}`,
    });
    if (!entered.ok) return entered;
    const strike = () => {
      strikes.delete(node.name);
      entered.value();
    };
    strikes.set(node.name, strike);
    return { ok: true, value: strike };
  };

  const acquireOne = async (node: NodeSpec): Promise<Try> => {
    const entered = await enter(node);
    if (!entered.ok) return { lease: null, failure: entered.failure, patience: NO_PATIENCE };
    const strike = entered.value;
    const acquiredAt = clock.monotonic();
    const own = ownOf(node.name);
    const kept = [...own.kept, ...options.keptOn(node.name)];
    const asked = await acquireLease(pool, node, claim, { ...own, kept }, { signal });
    if (!asked.ok) {
      const { failure } = asked;
      // Whatever was there of it is taken back; after a lost connection nobody can say, and the entry stays.
      if (failure.kind === 'lease_failed') await releaseLease(pool, node, claim);
      if (failure.kind !== 'connection_lost') strike();
      return { lease: null, failure, patience: NO_PATIENCE };
    }
    const answer = asked.value;
    if (answer.word !== 'acquired') {
      strike();
      const patience = patienceWith(answer, claim.holder);
      return { lease: null, failure: heldBy(node.name, answer), patience };
    }
    tellOf(node.name, answer);
    const lease = holdLease(node, {
      pool,
      clock,
      claim,
      acquiredAt,
      strike,
      belongings: () => ownOf(node.name),
      onRestarted: () =>
        warn(
          node.name,
          'the watchdog of its lease was gone, and was started again: does the node end what a login leaves?',
        ),
      onLost: (why) => {
        held.delete(node.name);
        lose(node.name, lostLease(node.name, why, leaseMs));
      },
      onReleased: (answer) => tellOf(node.name, answer),
    });
    held.set(node.name, lease);
    return { lease, failure: null, patience: NO_PATIENCE };
  };

  /** All of them or none, once; but for those that `isForgiven` excuses. */
  const tryAll = async (
    wanted: readonly NodeSpec[],
    isForgiven: (failure: Failure) => boolean,
  ): Promise<Tried> => {
    const missing = wanted.filter(({ name }) => !held.has(name));
    const tried = await Promise.all(missing.map(acquireOne));
    const failed = tried.filter(({ failure }) => failure !== null && !isForgiven(failure));
    const failures = failed.flatMap(({ failure }) => failure ?? []);
    if (failures.length === 0) return { failures, ...NO_PATIENCE };
    const got = tried.flatMap(({ lease }) => lease ?? []);
    const stuck = await Promise.all(got.map((lease) => lease.release()));
    for (const lease of got) held.delete(lease.node.name);
    for (const failure of stuck) if (failure?.node) warn(failure.node, failure.message);
    return {
      failures,
      waitMs: Math.min(...failed.map(({ patience }) => patience.waitMs)),
      isYielding: failed.some(({ patience }) => patience.isYielding),
    };
  };

  const acquire = (
    wanted: readonly NodeSpec[],
    isForgiven: (failure: Failure) => boolean,
  ): Promise<readonly Failure[]> =>
    untilGot(() => tryAll(wanted, isForgiven), {
      ...{ clock, emit, waitMs: options.waitMs, signal },
      random: options.random ?? Math.random,
    });

  const confirm = async (wanted: readonly string[]) => {
    const patience = startDeadline(clock, CONFIRM_MS);
    const asked = wanted.flatMap((name) => held.get(name)?.renewNow() ?? []);
    await orAborted(Promise.all(asked), patience.signal);
    patience.clear();
  };

  return {
    // Whether a machine can be used is for those to say who look at the nodes.
    acquireAll: () => acquire([...machines.values()], ({ kind }) => !OURS.includes(kind)),
    async acquireFor(wanted) {
      await confirm(wanted);
      return acquire(
        wanted.flatMap((name) => machines.get(name) ?? []),
        () => false,
      );
    },
    watch(wanted, onLost) {
      const watcher = { machines: wanted, onLost };
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    holds: (machine) => held.has(machine),
    confirm,
    wasSwept: (machine, earlier) => swept.get(machine)?.has(earlier) ?? false,
    async tell(machine, own) {
      belongings.set(machine, { ...ownOf(machine), ...own });
      return (await held.get(machine)?.renewNow()) ?? false;
    },
    async releaseAll(dirty = new Set()) {
      // What could not be given back the first time would only be waited for again.
      if (isOver) return [];
      isOver = true;
      const leases = [...held.values()];
      held.clear();
      const failures = await Promise.all(
        leases.map(async (lease) => {
          const { name } = lease.node;
          if (!dirty.has(name)) return lease.release();
          await lease.abandon();
          warn(
            name,
            `is not given back before it is clean: its watchdog tries ${formatDuration(leaseMs)} after the last sign of life`,
          );
          return null;
        }),
      );
      // Where nobody could say whether there is one.
      await Promise.all(
        [...strikes].map(async ([name, strike]) => {
          const node = machines.get(name);
          const isHeld = leases.some((lease) => lease.node.name === name);
          if (!node || isHeld) return;
          const released = await releaseLease(pool, node, claim);
          if (released.ok && ['released', 'lost'].includes(released.value.word)) strike();
        }),
      );
      return failures.filter((failure) => failure !== null);
    },
  };
}
