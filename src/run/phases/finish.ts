import { type Attempt, backendOf, deploymentOn, runtimesOn } from '../attempt.js';

/**
 * Removes what belongs to no single service: networks, volumes, containers whose turn never came. Where that does not work,
 * the user is told, and what is left is for `verify` to judge.
 */
export async function finishDeployments(attempt: Attempt): Promise<void> {
  const { emit } = attempt.context;
  const scenario = attempt.plan.scenario.name;
  await Promise.all(
    [...attempt.places.entries()].flatMap(([machine, place]) =>
      runtimesOn(attempt, machine).map(async (runtime) => {
        const finished = await backendOf(attempt, runtime).finish(deploymentOn(attempt, place));
        if (finished.ok) return;
        const { message } = finished.failure;
        emit({ type: 'warning', scenario, node: machine, message });
      }),
    ),
  );
}
