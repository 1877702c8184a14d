import type { Failure } from '../../model/failure.js';
import type { NodeSpec } from '../../model/node.js';
import type { ScenarioPlan } from '../../model/plan.js';
import { machinesOf } from '../../plan/machines.js';
import type { RunContext } from '../context.js';
import type { NodeKeeper } from '../preflight/node-keeper.js';
import { createBystanders } from './foreign/bystanders.js';

/** Keeps scenarios from disturbing each other, and others from disturbing them unnoticed. */
export interface Isolation {
  /**
   * Looks at a scenario's nodes right before it: whether they answer, are clean, and are left alone by others. Waits
   * where the scenario wants that.
   *
   * @param isFirst Nodes were looked at a moment ago.
   * @returns Why it cannot run.
   */
  readonly before: (plan: ScenarioPlan, isFirst: boolean) => Promise<readonly Failure[]>;
  /** @returns Why the suite has to end: the scenario has left something, and nobody may come after it. */
  readonly after: (plan: ScenarioPlan) => string | null;
}

export function createIsolation(
  context: RunContext,
  keeper: NodeKeeper,
  signal: AbortSignal,
): Isolation {
  const { dirty } = context;
  const bystanders = createBystanders(context, signal);
  const isStopped = () => signal.aborted;
  const tell = (machine: string, message: string) =>
    context.emit({ type: 'warning', node: machine, message });

  const check = async (plan: ScenarioPlan, isFirst: boolean): Promise<readonly Failure[]> => {
    const look = (node: NodeSpec) => bystanders.look(plan, node);
    if (!isFirst) return keeper.recheck(plan, look);
    const failures = keeper.failuresOf(plan);
    if (failures.length === 0) await Promise.all(plan.nodes.map(look));
    return failures;
  };
  const lookAgainAt = async (machine: string): Promise<Failure | null> => {
    const known = dirty.get(machine);
    if (!known) return null;
    const failure = await known.lookAgain();
    if (failure === null) {
      dirty.delete(machine);
      tell(machine, 'is clean again: taken back');
      return null;
    }
    const message = `not clean since ${known.scenario}: ${failure.message}`;
    return { ...failure, message };
  };

  return {
    async before(plan, isFirst) {
      const failures = await check(plan, isFirst);
      if (failures.length > 0 || isStopped()) return failures;
      const looked = await Promise.all(machinesOf(plan.scenario).map(lookAgainAt));
      const unclean = looked.filter((failure) => failure !== null);
      return unclean.length > 0 || isStopped() ? unclean : bystanders.settle(plan);
    },

    after({ scenario }) {
      const left = [...dirty].filter(([, node]) => node.scenario === scenario.name);
      if (left.length === 0) return null;
      const names = left.map(([machine]) => machine).join(', ');
      if (scenario.isolation.onDirty === 'stop') {
        const verb = left.length === 1 ? 'is' : 'are';
        return `${names} ${verb} not clean after ${scenario.name}, and isolation.on_dirty is stop`;
      }
      for (const [machine] of left) {
        tell(machine, 'set aside: scenarios that need it fail, unless it is clean by then');
      }
      return null;
    },
  };
}
