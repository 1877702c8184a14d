import type { Failure } from '../../model/failure.js';
import type { ScenarioPlan, SuitePlan } from '../../model/plan.js';
import { leasedBy, nodesOfHooks } from '../../plan/machines.js';
import type { RunContext } from '../context.js';
import { callSuiteHooks, type SuiteScene } from '../hooks/suite-hooks.js';
import { type NodeKeeper, createNodeKeeper } from '../preflight/node-keeper.js';
import { checkRoomForResults } from '../preflight/room-for-results.js';
import type { SuiteOptions } from './suite-options.js';
import type { Tally } from './tally.js';

export interface Readiness {
  readonly keeper: NodeKeeper;
  /** Others have machines of this suite. */
  readonly isLocked: boolean;
  /** What keeps anything from being deployed, by scenario in the order of the plan; `null`: nothing does. */
  readonly blockers: readonly (readonly Failure[])[] | null;
}

/**
 * Before the first scenario: gets every machine, removes what earlier runs have left there, calls the user's hooks, and
 * looks at the nodes. What goes wrong with one keeps the next from being tried.
 */
export async function makeReady(
  plan: SuitePlan,
  context: RunContext,
  scene: SuiteScene,
  tally: Tally,
  { signal, recover }: Pick<SuiteOptions, 'signal' | 'recover'>,
): Promise<Readiness> {
  const keeper = createNodeKeeper(plan, context, signal);
  const locked = await context.leases.acquireAll();
  if (locked.length > 0) {
    const blockers = plan.scenarios.map((each) => ofMachines(each, locked));
    return { keeper, isLocked: true, blockers };
  }
  tally.addAside((await recover?.()) ?? []);
  tally.addOwn(await callSuiteHooks(context, 'before_suite', scene));
  if (tally.own.length > 0) return { keeper, isLocked: false, blockers: null };
  const specs = plan.scenarios.map(({ scenario }) => scenario);
  const [full] = await Promise.all([checkRoomForResults(scene.folder, specs), keeper.checkAll()]);
  if (full) tally.addOwn([full]);
  const blockers = keeper.isBlocked() ? plan.scenarios.map(keeper.failuresOf) : null;
  return { keeper, isLocked: false, blockers };
}

function ofMachines({ scenario }: ScenarioPlan, failures: readonly Failure[]): readonly Failure[] {
  const machines = [...leasedBy(scenario), ...nodesOfHooks(scenario.hooks)];
  return failures.filter(({ node }) => node !== null && machines.includes(node));
}
