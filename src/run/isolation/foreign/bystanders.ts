import { createFailure, type Failure } from '../../../model/failure.js';
import { CONTROLLER, type NodeSpec } from '../../../model/node.js';
import type { ScenarioPlan } from '../../../model/plan.js';
import { describeForeignUse } from '../../../report/nodes/foreign.js';
import type { RunContext } from '../../context.js';
import { inSeconds } from '../../events.js';
import { controllerToken } from '../../controller.js';
import { servicePortsOn } from '../ports/service-ports.js';
import { lookAtNode } from './look.js';
import { isForeign } from './read.js';

/** Knows what others do on the nodes of a run, as far as a scenario could be disturbed by it. */
export interface Bystanders {
  /** Looks at a node for a scenario, and remembers it in `context.before`. */
  readonly look: (plan: ScenarioPlan, node: NodeSpec) => Promise<void>;
  /**
   * Says who is there, and does about it what the scenario wants: nothing, or wait.
   *
   * @returns Why the scenario cannot run.
   */
  readonly settle: (plan: ScenarioPlan) => Promise<readonly Failure[]>;
}

/** Often enough for a person, and seldom enough not to keep a node busy. */
const POLL_MS = 10_000;

export function createBystanders(context: RunContext, signal: AbortSignal): Bystanders {
  const { pool, clock, before, emit, run, root } = context;
  const identity = { run, controller: controllerToken(root) };

  const look = async ({ scenario }: ScenarioPlan, node: NodeSpec): Promise<void> => {
    const found = await lookAtNode(node, {
      pool,
      clock,
      identity,
      ports: servicePortsOn(scenario, node),
      loadPerCore: scenario.isolation.foreignLoad,
      signal,
    });
    if (found === null) before.delete(node.name);
    else before.set(node.name, found);
  };
  const disturbed = ({ nodes }: ScenarioPlan) =>
    nodes.flatMap((node) => {
      const use = node.name === CONTROLLER ? undefined : before.get(node.name)?.foreign;
      return use && isForeign(use) ? [{ node, what: describeForeignUse(use) }] : [];
    });
  const failuresOf = (plan: ScenarioPlan) =>
    disturbed(plan).map(({ node, what }) =>
      createFailure('node_in_use', what.join('; '), {
        node: node.name,
        source: node.source,
        hint: 'let others finish, wait for them with isolation.on_foreign wait, or allow them with report',
      }),
    );

  const waitUntilIdle = async (plan: ScenarioPlan): Promise<void> => {
    const { foreignWaitMs } = plan.scenario.isolation;
    const end = clock.monotonic() + foreignWaitMs;
    const names = disturbed(plan).map(({ node }) => node.name);
    emit({
      type: 'waiting',
      scenario: null,
      duration_s: inSeconds(foreignWaitMs),
      reason: `at most, for others on ${names.join(', ')} to be done`,
    });
    while (disturbed(plan).length > 0) {
      const left = end - clock.monotonic();
      if (left <= 0 || signal.aborted) return;
      await clock.sleep(Math.min(POLL_MS, left), signal);
      await Promise.all(disturbed(plan).map(({ node }) => look(plan, node)));
    }
  };

  return {
    look,
    async settle(plan) {
      const { name, isolation } = plan.scenario;
      for (const { node, what } of disturbed(plan)) {
        for (const message of what) {
          emit({ type: 'warning', scenario: name, node: node.name, message });
        }
      }
      if (disturbed(plan).length === 0 || isolation.onForeign === 'report') return [];
      if (isolation.onForeign === 'wait') {
        await waitUntilIdle(plan);
        if (isolation.afterForeignWait === 'report') return [];
      }
      return failuresOf(plan);
    },
  };
}
