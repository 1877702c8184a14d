import { createFailure, type Outcome } from '../../model/failure.js';
import type { NodeSpec } from '../../model/node.js';
import type { RunIdentity } from '../../model/run-identity.js';
import type { ConnectionPool, UseOptions } from '../../remote/pool/pool.js';
import { identifyProcess } from '../locks/process.js';
import { basesOn } from '../place.js';
import { sweepWords } from '../sweep/sweep.js';
import { type LeaseAnswer, parseLeaseAnswer } from './answer.js';
import { isGone } from './gone.js';
import { leasePlaceOn } from './place.js';
import { LEASE, RUN_LEASE } from './script.js';

/** Who asks for a machine, as others are told. */
export interface Claim extends RunIdentity {
  /** Of this run alone; what `playbook unlock` wants to be given. */
  readonly holder: string;
  readonly machine: string;
  readonly user: string;
  readonly pid: number;
  /** The project's root here, absolute. */
  readonly root: string;
  /** ISO 8601, for people. */
  readonly since: string;
  /** How long the lease holds after it was renewed. */
  readonly leaseMs: number;
}

/** What a watchdog has to know besides where the run's own folders are. Absolute paths on the node. */
export interface Belongings {
  readonly emptied: readonly string[];
  readonly kept: readonly string[];
}

export const NOTHING_ELSE: Belongings = { emptied: [], kept: [] };

/** No holder's id. */
const NOBODY = '-';
/** Somebody else may be taking a dead lease over, with all that its run has left. */
const ACQUIRE_MS = 10 * 60_000;
const ANSWER_MS = 60_000;

/**
 * Asks for a machine. A lease that is dead is taken over, after what its run has left was removed. The project's lock has to
 * be held: with it goes what earlier runs of the same controller had.
 *
 * @param belongings What is to be kept stays, whosever it is.
 */
export async function acquireLease(
  pool: ConnectionPool,
  node: NodeSpec,
  claim: Claim,
  belongings: Belongings = NOTHING_ELSE,
  options: UseOptions = {},
): Promise<Outcome<LeaseAnswer>> {
  const askWhile = (gone: string) =>
    ask(
      pool,
      node,
      claim.root,
      (home, isShared) => [
        'acquire',
        claim.holder,
        node.name,
        isShared ? 'yes' : 'no',
        claim.run,
        claim.controller,
        String(Math.ceil(claim.leaseMs / 1000)),
        ...[claim.machine, claim.user, String(claim.pid), claim.root, claim.since].map(onOneLine),
        JSON.stringify(identifyProcess()),
        gone,
        ...wordsFor(node, home, claim.root, belongings),
      ],
      { ...options, timeoutMs: ACQUIRE_MS },
    );
  const first = await askWhile(NOBODY);
  const holder = first.ok && first.value.word !== 'acquired' ? first.value.holder : null;
  const isOurs = holder?.controller === claim.controller;
  return holder && isOurs && isGone(holder, claim.controller) ? askWhile(holder.id) : first;
}

/** Tells the machine that its holder is still there, and what belongs to it by now. */
export function renewLease(
  pool: ConnectionPool,
  node: NodeSpec,
  { holder, root }: Claim,
  belongings: Belongings,
  timeoutMs: number,
): Promise<Outcome<LeaseAnswer>> {
  return ask(
    pool,
    node,
    root,
    (home) => ['renew', holder, node.name, ...wordsFor(node, home, root, belongings)],
    // A node that was silent may be back.
    { timeoutMs, isAskedAfresh: true },
  );
}

/** Gives a machine back; once that is said, the watchdog there is gone, too. */
export function releaseLease(
  pool: ConnectionPool,
  node: NodeSpec,
  { holder, root, run, controller }: Pick<Claim, 'holder' | 'root' | 'run' | 'controller'>,
  options: UseOptions = {},
): Promise<Outcome<LeaseAnswer>> {
  return ask(pool, node, root, () => ['release', holder, node.name, run, controller], options);
}

/** Who holds a machine. Changes nothing. */
export function readLease(
  pool: ConnectionPool,
  node: NodeSpec,
  root: string,
  options: UseOptions = {},
): Promise<Outcome<LeaseAnswer>> {
  return ask(pool, node, root, () => ['read', '-'], options);
}

/**
 * Takes a machine away from its holder, who is told by its next renewal. What the holder has there is swept as if its time
 * were up: `expiring`: by the watchdog, from now on; `broken`: that is done.
 *
 * @param kept What is not to be touched. Absolute paths on the node.
 */
export function breakLease(
  pool: ConnectionPool,
  node: NodeSpec,
  root: string,
  holder: string,
  kept: readonly string[] = [],
): Promise<Outcome<LeaseAnswer>> {
  const words = sweepWords({ node, bases: [], emptied: [], kept, isWithoutContainers: true });
  return ask(pool, node, root, () => ['break', holder, ...words], { timeoutMs: ACQUIRE_MS });
}

/** Ends the lease of a run of this project that is over and was swept. Ok where it has none. */
export function endLease(
  pool: ConnectionPool,
  node: NodeSpec,
  root: string,
  { run, controller }: RunIdentity,
): Promise<Outcome<LeaseAnswer>> {
  return ask(pool, node, root, () => ['end', '-', run, controller]);
}

function wordsFor(
  node: NodeSpec,
  home: string,
  root: string,
  belongings: Belongings,
): readonly string[] {
  const { work, results } = basesOn(node, home, root);
  const bases = [work, results].filter((base) => base !== null);
  return sweepWords({ node, bases, ...belongings });
}

function onOneLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}

async function ask(
  pool: ConnectionPool,
  node: NodeSpec,
  root: string,
  words: (home: string, isShared: boolean) => readonly string[],
  { timeoutMs = ANSWER_MS, ...options }: UseOptions & { readonly timeoutMs?: number } = {},
): Promise<Outcome<LeaseAnswer>> {
  const lent = await pool.use(
    node,
    async (connection): Promise<Outcome<LeaseAnswer>> => {
      const info = await connection.info();
      if (!info.ok) return info;
      const { home } = info.value;
      const { folder, isShared } = leasePlaceOn(node, home, root);
      const [work = '', ...rest] = words(home, isShared);
      const result = await connection.exec(
        { argv: ['/bin/sh', '-c', RUN_LEASE, 'playbook', LEASE, work, folder, ...rest] },
        { timeoutMs, descendants: 'leave' },
      );
      const about = { node: node.name };
      if (result.termination === 'connection-lost') {
        return failed('connection_lost', `its lease: ${result.reason}`, about);
      }
      const answer = parseLeaseAnswer(result.stdout.toString('utf8'), node.name);
      if (answer !== null && answer.word !== 'trouble') return { ok: true, value: answer };
      const said = result.stderr.toString('utf8').trim();
      const why = (answer?.text ?? said) || result.termination;
      return failed('lease_failed', `its lease in ${folder}: ${why}`, {
        ...about,
        hint: `can ${folder} be written to there? nodes.NAME.lock_path names another folder`,
      });
    },
    options,
  );
  return lent.ok ? lent.value : lent;
}

function failed(
  ...[kind, message, details]: Parameters<typeof createFailure<'connection_lost' | 'lease_failed'>>
): { readonly ok: false; readonly failure: ReturnType<typeof createFailure> } {
  return { ok: false, failure: createFailure(kind, message, details) };
}
