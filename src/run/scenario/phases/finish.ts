import type { Failure } from '../../../model/failure.js';
import { type Attempt, backendOf, deploymentOn, runtimesOn } from '../attempt.js';
import type { Place } from '../../place.js';

/**
 * Removes what belongs to no single service: networks, volumes, containers whose turn never came. Where that does not work,
 * the user is told, and what is left is for `verify` to judge.
 */
export async function finishDeployments(attempt: Attempt): Promise<void> {
  const { emit } = attempt.context;
  const scenario = attempt.plan.scenario.name;
  await Promise.all(
    [...attempt.places].map(async ([machine, place]) => {
      for (const { message } of await finishOn(attempt, machine, place)) {
        emit({ type: 'warning', scenario, node: machine, message });
      }
    }),
  );
}

/** @returns Why something could not be removed. */
export async function finishOn(
  attempt: Attempt,
  machine: string,
  place: Place,
): Promise<readonly Failure[]> {
  const finished = await Promise.all(
    runtimesOn(attempt, machine).map((runtime) =>
      backendOf(attempt, runtime).finish(deploymentOn(attempt, place)),
    ),
  );
  return finished.flatMap((outcome) => (outcome.ok ? [] : [outcome.failure]));
}
