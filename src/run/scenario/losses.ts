import type { Attempt } from './attempt.js';

/**
 * Makes sure that every machine of an attempt still is this run's own: results count only if that was so from their
 * beginning until they were home. Of what happened on a machine that was not, nothing else is the cause.
 */
export async function confirmLeases(attempt: Attempt): Promise<void> {
  const { context, places, losses, failures, signal } = attempt;
  // What was cut short by the user has no results, and has a cause.
  if (!signal.aborted) await context.leases.confirm([...places.keys()]);
  const news = losses.filter((loss) => !failures.includes(loss));
  if (failures[0]?.kind === 'cancelled') failures.push(...news);
  else failures.unshift(...news);
}
