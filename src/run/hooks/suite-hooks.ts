import type { Failure } from '../../model/failure.js';
import type { HookPoint, HookSpec } from '../../model/hook.js';
import type { NodeSpec } from '../../model/node.js';
import type { SuiteSummary } from '../../model/result.js';
import { hostVariables } from '../../model/scenario-variables.js';
import { recordOf } from '../events.js';
import { callHooks, type HookContext } from './call-hooks.js';

/** The run as a whole, as its hooks see it. */
export interface SuiteScene {
  readonly hooks: readonly HookSpec[];
  /** Those that its scenarios use. */
  readonly nodes: readonly NodeSpec[];
  readonly scenarios: readonly string[];
  /** The run's folder among the results, absolute. */
  readonly folder: string;
  /** As of a scene of hooks. */
  readonly signal: AbortSignal;
}

/**
 * Calls the hooks of a point of the run.
 *
 * @param failures What has gone wrong with the run itself so far.
 * @param summary How it went, once that is known.
 */
export async function callSuiteHooks(
  context: HookContext,
  point: HookPoint,
  scene: SuiteScene,
  failures: readonly Failure[] = [],
  summary: SuiteSummary | null = null,
): Promise<readonly Failure[]> {
  const { hooks, nodes, scenarios, folder } = scene;
  const names = nodes.map(({ name }) => name);
  const first = failures[0] ? recordOf(failures[0]) : null;
  const ofScenarios = summary?.scenarios.flatMap(({ failure }) => failure ?? []) ?? [];
  return callHooks(context, hooks, {
    point,
    scenario: null,
    nodes,
    env: () => ({
      SCENARIO_RUN_ID: context.run,
      SCENARIO_NODES: names.join(','),
      ...hostVariables(nodes),
    }),
    cwd: () => null,
    event: {
      status: summary?.status ?? 'running',
      exit_code: summary?.exit_code ?? null,
      started_at: summary?.started_at ?? null,
      ended_at: summary?.ended_at ?? null,
      failure: first ?? ofScenarios[0] ?? null,
      scenarios: summary?.scenarios ?? scenarios.map((name) => ({ name })),
      nodes: names,
      results_path: folder,
    },
    folder,
    signal: scene.signal,
  });
}

/**
 * Calls what comes at the end of a run: `on_failure` for what no scenario has told of, such as a failure of the run's own or
 * before any scenario; and `after_suite`.
 *
 * @param hasUntold There is such a thing.
 */
export async function callLastHooks(
  context: HookContext,
  scene: SuiteScene,
  failures: readonly Failure[],
  summary: SuiteSummary,
  hasUntold: boolean,
): Promise<readonly Failure[]> {
  const isNews = summary.exit_code !== 0 && hasUntold;
  return [
    ...(isNews ? await callSuiteHooks(context, 'on_failure', scene, failures, summary) : []),
    ...(await callSuiteHooks(context, 'after_suite', scene, failures, summary)),
  ];
}
