import { isConnectionFault } from '../retry-policy.js';
import type { Attempt } from './attempt.js';

/**
 * Makes sure that every machine of an attempt still is this run's own: results count only if that was so from their
 * beginning until they were home. Of what happened on a machine that was not, nothing else is the cause.
 */
export async function confirmLeases(attempt: Attempt): Promise<void> {
  const { context, places, losses, failures, signal } = attempt;
  const isSilent = (machine: string) =>
    failures.some(({ kind, node }) => node === machine && isConnectionFault(kind));
  // What was cut short by the user has no results, and has a cause. So has what happens on a machine that does not answer.
  if (!signal.aborted) {
    await context.leases.confirm([...places.keys()].filter((machine) => !isSilent(machine)));
  }
  const news = losses.filter((loss) => !failures.includes(loss));
  if (failures[0]?.kind === 'cancelled') failures.push(...news);
  else failures.unshift(...news);
}
