import { startDeadline } from '../../../async/deadline.js';
import { orAborted } from '../../../async/abort.js';
import { createFailure, type Failure } from '../../../model/failure.js';
import { CONTROLLER } from '../../../model/node.js';
import type { Attempt } from '../attempt.js';
import { leftBehind, proveClean } from '../../isolation/remains/prove-clean.js';
import { describePort } from '../../isolation/ports/held-ports.js';
import { findLeftPorts } from '../../isolation/remains/look.js';
import { enter } from '../entries.js';
import { removeStaging } from '../../isolation/remains/staging.js';
import type { Place } from '../../place.js';
import { isConnectionFault } from '../../retry-policy.js';
import { takeDown } from '../services/take-down.js';
import { removeFolder } from './clean.js';
import { finishOn } from './finish.js';

/** Longer than everything that a machine is asked for may take, but not for ever. */
const VERIFY_MS = 10 * 60_000;

/**
 * Proves that nothing of this attempt is left on any machine; what is left is removed, by force where nothing else
 * helps, and then reported. A machine that cannot be asked keeps nobody from looking at the others.
 */
export async function verify(attempt: Attempt): Promise<readonly Failure[]> {
  const verdicts = await Promise.allSettled(
    [...attempt.places].map(async ([machine, place]) => {
      const lookAgain = () => verifyMachine(attempt, machine, place);
      const failure = await lookAgain();
      const scenario = attempt.plan.scenario.name;
      if (failure) attempt.context.dirty.set(machine, { scenario, failure, lookAgain });
      return failure;
    }),
  );
  const failures = verdicts.flatMap((verdict) =>
    verdict.status === 'fulfilled' && verdict.value !== null ? [verdict.value] : [],
  );
  const incomplete = await removeStaging(attempt.resultFolder);
  if (incomplete.length > 0) failures.push(leftBehind(CONTROLLER, incomplete, null));
  for (const failure of failures) tellEach(attempt, failure);
  for (const verdict of verdicts) if (verdict.status === 'rejected') throw verdict.reason;
  return failures;
}

async function verifyMachine(
  attempt: Attempt,
  machine: string,
  place: Place,
): Promise<Failure | null> {
  const deadline = startDeadline(attempt.context.clock, VERIFY_MS);
  const setbacks = attempt.setbacks.filter(({ node }) => node === machine);
  const { signal } = deadline;
  const proof = proveClean(attempt, machine, place, {
    tidyUp: () => tidyUp(attempt, machine, place, setbacks),
    signal,
  });
  const proven = await orAborted(proof, signal);
  deadline.clear();
  const [setback = null] = setbacks;
  if (proven === null) {
    return createFailure('left_behind', `not proven clean within ${VERIFY_MS / 60_000} min`, {
      node: machine,
      hint: 'playbook cleanup tries again',
      cause: setback,
    });
  }
  if (!proven.ok) {
    // One that does not answer is asked no more.
    const kind = proven.failure.cause?.kind;
    if (kind === undefined || !isConnectionFault(kind)) await enterPorts(attempt, place);
    return { ...proven.failure, cause: proven.failure.cause ?? setback };
  }
  const removed = proven.value.map(({ kind, description }) => `${kind} ${description}`);
  if (removed.length > 0) {
    tell(attempt, machine, `was still there and is removed by force: ${removed.join(', ')}`);
  } else if (setback !== null) {
    tell(attempt, machine, 'is clean all the same');
  }
  for (const strike of attempt.strikes.get(machine) ?? []) strike();
  return null;
}

/** Whoever cleans up later finds no mark of ours at whoever has them. */
async function enterPorts(attempt: Attempt, place: Place): Promise<void> {
  const { name: node } = place.node;
  const found = await findLeftPorts(attempt, place);
  // Then the machine does not answer, and that is what is told.
  if (!found.ok) return;
  const known = attempt.context.journal.list();
  for (const port of found.value) {
    const description = `port ${describePort(port)}`;
    const isKnown = known.some((each) => each.node === node && each.description === description);
    if (isKnown) continue;
    const entered = await enter(attempt, { node, kind: 'port', description, ports: [port] });
    if (!entered.ok) tell(attempt, node, entered.failure.message);
  }
}

/** Stops and removes the ordinary way what was not stopped or removed before. */
async function tidyUp(
  attempt: Attempt,
  machine: string,
  place: Place,
  setbacks: readonly Failure[],
): Promise<void> {
  const stubborn = setbacks.flatMap(({ service }) => attempt.services.get(service ?? '') ?? []);
  await Promise.all(stubborn.map((run) => takeDown(attempt, run)));
  await finishOn(attempt, machine, place);
  if (!attempt.uncollected.has(machine)) await removeFolder(attempt, machine, place);
}

/** A line for each thing that is left, where the failure itself does not have room for them. */
function tellEach(attempt: Attempt, { node, output }: Failure): void {
  for (const thing of output) tell(attempt, node, `left behind: ${thing}`);
}

function tell({ context, plan }: Attempt, node: string | null, message: string): void {
  const scenario = plan.scenario.name;
  context.emit({ type: 'warning', scenario, ...(node === null ? {} : { node }), message });
}
