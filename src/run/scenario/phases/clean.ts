import path from 'node:path';

import { createFailure, type Failure, type Outcome } from '../../../model/failure.js';
import { type Attempt, onMachine } from '../attempt.js';
import { declaredDirectoriesOn, targetOn } from '../../isolation/remains/target.js';
import type { Place } from '../../place.js';
import { removeFoldersOf } from '../../sweep/sweep.js';

/** Removes the working folders, on every machine that got one. */
export async function removeFolders(attempt: Attempt): Promise<readonly Failure[]> {
  const failures = await Promise.all(
    [...attempt.places.entries()].map(([machine, place]) => removeFolder(attempt, machine, place)),
  );
  return failures.filter((failure) => failure !== null);
}

/** @returns Of kind `left_behind`, whatever kept it from being done. */
export async function removeFolder(
  attempt: Attempt,
  machine: string,
  place: Place,
): Promise<Failure | null> {
  const isKept = attempt.uncollected.has(machine);
  // Everything else is removed by its name; what is emptied has to be this run's own to this very moment.
  if (declaredDirectoriesOn(attempt, machine).length > 0) {
    await attempt.context.leases.confirm([machine]);
  }
  const declared = declaredDirectoriesOn(attempt, machine);
  const results = [place.workingFolder, place.resultFolder];
  const folders = [place.stateFolder, ...(isKept ? [] : results)];
  const emptied = isKept ? [] : declared;
  if (isKept) {
    attempt.context.emit({
      type: 'warning',
      scenario: attempt.plan.scenario.name,
      node: machine,
      message: `${place.workingFolder} is kept: not everything in it could be collected`,
    });
  }
  // The run's own folders go with the last scenario that lies in them, and only then.
  const ownFolders = [place.runFolder, path.posix.dirname(place.resultFolder)];
  const target = targetOn(attempt, machine, place);
  const outcome = await onMachine(attempt, place.node, async (connection) => {
    // What a declared absolute directory holds was collected, and was not there before: the next run wants it empty.
    const emptying =
      emptied.length === 0 ? null : await removeFoldersOf(connection, target, { emptied });
    const removing = await removeFoldersOf(connection, target, { folders, ownFolders });
    if (removing) return leftBehind(machine, `${place.runFolder} could not be removed`, removing);
    return emptying
      ? leftBehind(machine, `${emptied.join(', ')} could not be emptied`, emptying)
      : { ok: true, value: undefined };
  });
  if (outcome.ok) {
    // It may be somebody else's from now on.
    if (emptied.length > 0) await attempt.context.leases.tell(machine, { emptied: [] });
    return null;
  }
  return outcome.failure.kind === 'left_behind'
    ? outcome.failure
    : createFailure('left_behind', `${place.runFolder} could not be removed`, {
        node: machine,
        cause: outcome.failure,
      });
}

function leftBehind(node: string, what: string, output: readonly string[]): Outcome<void> {
  const why = output.at(-1) ?? '';
  const message = why === '' ? what : `${what}: ${why}`;
  return { ok: false, failure: createFailure('left_behind', message, { node, output }) };
}
