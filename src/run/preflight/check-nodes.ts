import { createFailure, type Failure } from '../../model/failure.js';
import type { NodeSpec } from '../../model/node.js';
import type { HealthCheckStrategy, ScenarioSpec } from '../../model/scenario.js';
import { type CheckContext, checkNode } from './check-node.js';
import type { NodeCheck } from './findings.js';
import { measureFolder } from './folder-size.js';
import { isAboutGpus } from './judge/gpus.js';
import { NEEDS_OF_HOOKS, needsOf, nodesWithGpus } from './needs.js';

export interface CheckOptions extends CheckContext {
  /** Whose needs count. */
  readonly scenarios: readonly ScenarioSpec[];
  /** Where they were measured already; see `measureScenarios`. */
  readonly sizes?: ReadonlyMap<string, number>;
  /** Names of nodes on which nothing but hooks runs; default: none. */
  readonly forHooksOnly?: ReadonlySet<string>;
  /** In place of what the scenarios say. */
  readonly strategy?: HealthCheckStrategy;
  readonly onAnswer?: (check: NodeCheck) => void;
}

/**
 * Looks at nodes, all at once.
 *
 * @returns In the order of the nodes; see `forgiveSpareNodes` for what has to be known of all of them.
 */
export async function checkNodes(
  nodes: readonly NodeSpec[],
  options: CheckOptions,
): Promise<readonly NodeCheck[]> {
  const { scenarios, strategy, onAnswer, sizes = await measureScenarios(scenarios) } = options;
  return Promise.all(
    nodes.map(async (node) => {
      const needs = options.forHooksOnly?.has(node.name)
        ? NEEDS_OF_HOOKS
        : needsOf(scenarios, node.name, sizes);
      const check = await checkNode(
        node,
        strategy === undefined ? needs : { ...needs, strategy },
        options,
      );
      onAnswer?.(check);
      return check;
    }),
  );
}

/** By name of the scenario: bytes of its files. */
export async function measureScenarios(
  scenarios: readonly ScenarioSpec[],
): Promise<ReadonlyMap<string, number>> {
  return new Map(
    await Promise.all(
      scenarios.map(async ({ name, path }) => [name, await measureFolder(path)] as const),
    ),
  );
}

/** Not every node of a scenario needs GPUs: where enough of them have what it takes, the others are no problem. */
export function forgiveSpareNodes(
  checks: readonly NodeCheck[],
  scenarios: readonly ScenarioSpec[],
): readonly NodeCheck[] {
  const content = new Set(
    scenarios.filter((scenario) => hasEnough(scenario, checks)).map(({ name }) => name),
  );
  return checks.map((check) => ({
    ...check,
    problems: check.problems.filter(
      (problem) =>
        !isAboutGpus(problem) || !(problem.scenarios ?? []).every((name) => content.has(name)),
    ),
  }));
}

function hasEnough(scenario: ScenarioSpec, checks: readonly NodeCheck[]): boolean {
  const wanted = nodesWithGpus(scenario);
  if (wanted === 'each') return false;
  const withServices = new Set(scenario.services.map(({ node }) => node));
  const fit = checks.filter(
    ({ node, facts, problems }) =>
      withServices.has(node.name) &&
      facts !== null &&
      !problems.some(
        (problem) => isAboutGpus(problem) && problem.scenarios?.includes(scenario.name),
      ),
  );
  return fit.length >= Math.min(wanted, withServices.size);
}

/** What keeps a scenario from running, whatever its own nodes are like. */
export function checkNodeCount(
  { name, resourceRequirements, source }: ScenarioSpec,
  nodes: readonly NodeSpec[],
): readonly Failure[] {
  const { minNodes } = resourceRequirements;
  const enabled = nodes.filter((node) => node.enabled).length;
  if (minNodes === null || enabled >= minNodes) return [];
  return [
    createFailure(
      'resources_missing',
      `${name} needs ${minNodes} nodes, and only ${enabled} ${enabled === 1 ? 'is' : 'are'} enabled`,
      {
        source,
        hint: 'switch more of them on in config/nodes.yaml, or lower resource_requirements.min_nodes',
      },
    ),
  ];
}
