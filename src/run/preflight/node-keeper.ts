import type { Failure } from '../../model/failure.js';
import type { NodeSpec } from '../../model/node.js';
import type { ScenarioPlan, SuitePlan } from '../../model/plan.js';
import type { ScenarioSpec } from '../../model/scenario.js';
import { nodesOfHooks } from '../../plan/machines.js';
import type { RunContext } from '../context.js';
import { inSeconds, recordOf } from '../events.js';
import { RECOVERY, REDIAL, isConnectionFault } from '../retry-policy.js';
import { withRetries } from '../retry.js';
import { checkNode, checkRuntime } from './check-node.js';
import { checkNodeCount, checkNodes, forgiveSpareNodes, measureScenarios } from './check-nodes.js';
import type { NodeCheck } from './findings.js';
import { NEEDS_OF_HOOKS, needsOf } from './needs.js';
import { nodesOf, nodesOfHooksOnly } from './nodes-of.js';
import { recoverNode } from './recovery/recover.js';

/** Knows which nodes of a suite can be used, and mends those that cannot where the user wants that. */
export interface NodeKeeper {
  /** Looks at all nodes, before anything is deployed anywhere. */
  readonly checkAll: () => Promise<void>;
  /** What keeps a scenario from running, as far as is known. */
  readonly failuresOf: (plan: ScenarioPlan) => readonly Failure[];
  /** Nothing may be deployed: something is unfit, and a scenario that needs it does not want to do without the others. */
  readonly isBlocked: () => boolean;
  /**
   * Looks at a scenario's nodes again, right before it: whether they still answer, or answer again.
   *
   * @param alongside What else is to be asked of a node that answers, at the same moment.
   */
  readonly recheck: (
    plan: ScenarioPlan,
    alongside?: (node: NodeSpec) => Promise<void>,
  ) => Promise<readonly Failure[]>;
}

export function createNodeKeeper(
  plan: SuitePlan,
  context: RunContext,
  signal: AbortSignal,
): NodeKeeper {
  const onlyForHooks = nodesOfHooksOnly(plan);
  const forHooksOnly = new Set(onlyForHooks.map(({ name }) => name));
  const nodes = [...nodesOf(plan), ...onlyForHooks];
  const scenarios = plan.scenarios.map(({ scenario }) => scenario);
  const checkContext = { ...context, signal, scenarios };
  const sizes = measureScenarios(scenarios);
  /** As they were found, by node. */
  const latest = new Map<string, NodeCheck>();

  const isStopped = () => signal.aborted;
  const judged = () => forgiveSpareNodes([...latest.values()], scenarios);
  const isUnfit = (name: string) =>
    judged().some(({ node, problems }) => node.name === name && problems.length > 0);
  const mayBeMended = ({ name }: NodeSpec) =>
    scenarios.some(
      ({ nodes: used, serviceHealthCheck }) =>
        serviceHealthCheck.autoRecovery && used.includes(name),
    );
  const tell = (node: NodeSpec, message: string) =>
    context.emit({ type: 'warning', node: node.name, message });

  const note = (checks: readonly NodeCheck[]) => {
    for (const check of checks) {
      latest.set(check.node.name, check);
      if (check.facts) context.facts.set(check.node.name, check.facts);
    }
    const names = new Set(checks.map(({ node }) => node.name));
    for (const check of judged()) if (names.has(check.node.name)) announce(context, check);
  };
  const check = async (node: NodeSpec): Promise<NodeCheck> => {
    const needs = forHooksOnly.has(node.name)
      ? NEEDS_OF_HOOKS
      : needsOf(scenarios, node.name, await sizes);
    const found = await checkNode(node, needs, checkContext);
    // What was cut off says nothing about the node.
    if (!isStopped()) note([found]);
    return found;
  };
  const recover = async (node: NodeSpec, mayWait: boolean) => {
    const unfit = latest.get(node.name);
    if (!unfit || !isUnfit(node.name) || !mayBeMended(node)) return;
    await recoverNode(unfit, { ...checkContext, check, tell, mayWait });
  };

  /** Nodes without which a scenario cannot be run: also those of hooks that would fail it, or the run. */
  const neededBy = ({ nodes: used, hooks }: ScenarioSpec): readonly string[] => [
    ...used,
    ...nodesOfHooks([...plan.hooks, ...hooks].filter(({ onError }) => onError === 'fail')),
  ];
  const failuresOf = ({ scenario }: ScenarioPlan): readonly Failure[] => [
    ...checkNodeCount(scenario, plan.nodes),
    ...judged()
      .filter(({ node }) => neededBy(scenario).includes(node.name))
      .flatMap(({ problems }) => problems)
      .filter((problem) => problem.scenarios?.includes(scenario.name) ?? true)
      .map(({ failure }) => failure),
  ];
  const isBlocked = () =>
    plan.scenarios.some(
      (each) => !each.scenario.serviceHealthCheck.autoRecovery && failuresOf(each).length > 0,
    );

  /** At a node that was fit: it costs little, as the connection is needed anyway. */
  const glance = async (
    node: NodeSpec,
    alongside: (node: NodeSpec) => Promise<void>,
  ): Promise<void> => {
    const answered = await withRetries(
      async () => {
        const asked = await context.pool.use(node, (connection) => connection.info(), {
          isAskedAfresh: true,
          signal,
        });
        return asked.ok ? asked.value : asked;
      },
      {
        clock: context.clock,
        backoff: mayBeMended(node) ? RECOVERY : REDIAL,
        isWorthIt: isConnectionFault,
        signal,
        onRetry: ({ message }) => tell(node, `${message}; asked again`),
      },
    );
    const [failures] = answered.ok
      ? await Promise.all([checkRuntime(node, { ...context, signal }), alongside(node)])
      : [[answered.failure]];
    const before = latest.get(node.name);
    if (failures.length === 0 || !before || isStopped()) return;
    const problems = failures.map((failure) => ({ failure, scenarios: null }));
    note([{ ...before, strategy: 'quick', isReachable: answered.ok, facts: null, problems }]);
    await recover(node, false);
  };

  return {
    async checkAll() {
      const options = { ...checkContext, sizes: await sizes, forHooksOnly };
      const checks = await checkNodes(nodes, options);
      if (isStopped()) return;
      note(checks);
      await Promise.all(nodes.map((node) => recover(node, true)));
      if (isStopped() || isBlocked()) return;
      for (const node of nodes.filter(({ name }) => isUnfit(name))) {
        const what = forHooksOnly.has(node.name) ? 'hooks there' : 'scenarios that need it';
        const known = latest.get(node.name)?.problems ?? [];
        // The same login is not tried again.
        const isRefused = known.some(({ failure }) => failure.kind === 'authentication');
        tell(node, `set aside: ${what} fail${isRefused ? '' : ', unless it answers by then'}`);
      }
    },
    failuresOf,
    isBlocked,
    async recheck(scenarioPlan, alongside = () => Promise.resolve()) {
      await Promise.all(
        [...scenarioPlan.nodes, ...onlyForHooks].map(async (node) => {
          // Hooks find out for themselves.
          if (forHooksOnly.has(node.name) && !isUnfit(node.name)) return;
          if (!isUnfit(node.name)) return glance(node, alongside);
          await check(node);
          await recover(node, false);
          if (isUnfit(node.name)) return;
          tell(node, 'can be used again: taken back');
          if (!forHooksOnly.has(node.name)) await alongside(node);
        }),
      );
      return failuresOf(scenarioPlan);
    },
  };
}

function announce({ emit }: RunContext, check: NodeCheck): void {
  const { node, strategy, facts, images, problems, warnings, durationMs } = check;
  emit({
    type: 'node_checked',
    node: node.name,
    strategy,
    status: problems.length === 0 ? 'ok' : 'failed',
    facts,
    images,
    failures: problems.map(({ failure }) => recordOf(failure)),
    warnings,
    duration_s: inSeconds(durationMs),
  });
}
