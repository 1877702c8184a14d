import type { Leftover } from '../../../deploy/backend.js';
import { createFailure, type Failure, type Outcome } from '../../../model/failure.js';
import { type Attempt, backendOf, deploymentOn } from '../../scenario/attempt.js';
import type { Place } from '../../place.js';
import { isConnectionFault, PROOF } from '../../retry-policy.js';
import { withRetries } from '../../retry.js';
import { sweep } from '../../sweep/sweep.js';
import { PORT_HINT } from '../ports/held-ports.js';
import { knowingRuntimesOn, lookForRemains } from './look.js';
import { targetOn } from './target.js';

/** More than this many in one line, and nobody reads it. */
const MOST_IN_A_LINE = 3;

export interface ProofOptions {
  /** Takes down what is left the ordinary way, once more. */
  readonly tidyUp: () => Promise<void>;
  /** Aborts when nobody waits for the proof any more: then nothing more is touched. */
  readonly signal: AbortSignal;
}

/**
 * Proves that nothing of an attempt is left on a machine. What is left is taken down the ordinary way once more, then
 * by force.
 *
 * @returns What was removed by force; the failure where something is left, or nobody can tell.
 */
export async function proveClean(
  attempt: Attempt,
  machine: string,
  place: Place,
  { tidyUp, signal }: ProofOptions,
): Promise<Outcome<readonly Leftover[]>> {
  const { clock } = attempt.context;
  const look = () =>
    withRetries(() => lookForRemains(attempt, machine, place), {
      clock,
      backoff: PROOF,
      isWorthIt: isConnectionFault,
      signal,
    });
  const isOver = () => signal.aborted;

  let found = await look();
  if (!found.ok) return failed(cannotTell(machine, found.failure));
  if (found.value.length === 0 || isOver()) return found;
  await tidyUp();
  found = await look();
  if (!found.ok) return failed(cannotTell(machine, found.failure));
  if (found.value.length === 0 || isOver()) return found;

  const forced = found.value;
  const trouble = await useForce(attempt, machine, place);
  found = await look();
  if (!found.ok) return failed(cannotTell(machine, found.failure));
  return found.value.length === 0
    ? { ok: true, value: forced }
    : failed(leftBehind(machine, found.value, trouble));
}

/** @returns Why it did not do all that it should have. */
async function useForce(attempt: Attempt, machine: string, place: Place): Promise<Failure | null> {
  const failures: Failure[] = [];
  for (const runtime of knowingRuntimesOn(attempt, machine)) {
    const purged = await backendOf(attempt, runtime).purge(deploymentOn(attempt, place));
    if (!purged.ok) failures.push(purged.failure);
  }
  const swept = await sweep(attempt.context.pool, targetOn(attempt, machine, place));
  if (!swept.ok) failures.push(swept.failure);
  return failures[0] ?? null;
}

/** What is left, for people: one line where that can be read, and a line for each thing. */
export function leftBehind(
  node: string,
  leftovers: readonly Leftover[],
  cause: Failure | null,
): Failure {
  const things = leftovers.map(({ kind, description }) => `${kind} ${description}`);
  const shown = things.slice(0, MOST_IN_A_LINE).join(', ');
  const more = things.length - MOST_IN_A_LINE;
  const isTold = cause === null || things.some((thing) => cause.message.includes(thing));
  const why = isTold ? '' : `; ${cause.message}`;
  return createFailure(
    'left_behind',
    `still there after the scenario: ${shown}${more > 0 ? `, and ${more} more` : ''}${why}`,
    {
      node,
      hint: leftovers.every(({ kind }) => kind === 'port')
        ? PORT_HINT
        : 'playbook cleanup tries again',
      output: things.length > 1 ? things : [],
      cause,
    },
  );
}

function cannotTell(node: string, cause: Failure): Failure {
  return createFailure('left_behind', `cannot be proven clean: ${cause.message}`, {
    node,
    hint: 'playbook cleanup tries again once the node answers',
    cause,
  });
}

function failed(failure: Failure): { readonly ok: false; readonly failure: Failure } {
  return { ok: false, failure };
}
