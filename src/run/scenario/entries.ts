import type { Outcome } from '../../model/failure.js';
import type { Attempt } from './attempt.js';
import { declaredDirectoriesOn } from '../isolation/remains/target.js';
import type { Holding } from '../journal/holding.js';
import type { Place } from '../place.js';

/**
 * Enters something of an attempt in the journal. Once its machine is proven clean it is struck off, at the latest.
 *
 * @returns Strikes it off, where it is verified gone before.
 */
export async function enter(
  attempt: Attempt,
  holding: Omit<Holding, 'scenario'>,
): Promise<Outcome<() => void>> {
  const { context, plan, strikes } = attempt;
  const entered = await context.journal.enter({ ...holding, scenario: plan.scenario.name });
  if (!entered.ok) return entered;
  const own = strikes.get(holding.node) ?? [];
  strikes.set(holding.node, own);
  own.push(entered.value);
  return entered;
}

/** Sees to it that nobody removes what could not be brought home, neither this run nor whoever cleans up after it. */
export async function keepResults(attempt: Attempt, place: Place): Promise<void> {
  const { context, plan, uncollected } = attempt;
  const node = place.node.name;
  const scenario = plan.scenario.name;
  uncollected.add(node);
  const folders = [place.workingFolder, place.resultFolder];
  const directories = declaredDirectoriesOn(attempt, node);
  const paths = [...(context.kept.get(node) ?? []), ...folders, ...directories];
  context.kept.set(node, paths);
  const [kept, isHeard] = await Promise.all([
    context.journal.keep({ node, scenario, folders, directories }),
    context.leases.tell(node, { emptied: [], kept: paths }),
  ]);
  const where = [...folders, ...directories].join(', ');
  const warn = (message: string) => context.emit({ type: 'warning', scenario, node, message });
  if (!isHeard) {
    warn(`could not be told to keep ${where}: unless it answers before, its watchdog removes that`);
  }
  if (!kept.ok) warn(`${kept.failure.message}: save what is in ${where} before the next run`);
}
