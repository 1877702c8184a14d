import { type Attempt, runtimesOn } from '../../scenario/attempt.js';
import { controllerToken } from '../../controller.js';
import { basesOf, type Place } from '../../place.js';
import type { SweepTarget } from '../../sweep/sweep.js';

/** Where on a machine things of an attempt may be. */
export function targetOn(attempt: Attempt, machine: string, place: Place): SweepTarget {
  const { context } = attempt;
  const isKept = attempt.uncollected.has(machine);
  const declared = declaredDirectoriesOn(attempt, machine);
  return {
    node: place.node,
    identity: { run: context.run, controller: controllerToken(context.root) },
    bases: basesOf(place),
    emptied: isKept ? [] : declared,
    kept: [...(context.kept.get(machine) ?? [])],
    // Only the script ran there, and every scenario before was verified itself.
    isWithoutContainers: !runtimesOn(attempt, machine).includes('docker'),
  };
}

/**
 * Absolute directories that the scenario declares for results, where its script has written to them. None on a machine that
 * was lost: what they hold by now may be somebody else's.
 */
export function declaredDirectoriesOn(
  { hasScriptRun, plan, context }: Attempt,
  machine: string,
): readonly string[] {
  const { node, resultPaths } = plan.scenario.testExecution;
  if (!hasScriptRun || node !== machine || !context.leases.holds(machine)) return [];
  return resultPaths
    .filter(({ kind, isAbsolute }) => kind === 'directory' && isAbsolute)
    .map(({ path }) => path);
}
