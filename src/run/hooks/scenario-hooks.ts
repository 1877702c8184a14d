import { scriptEnvironment } from '../../benchmark/environment.js';
import type { Failure } from '../../model/failure.js';
import type { HookPoint } from '../../model/hook.js';
import type { ScenarioStatus } from '../../model/result.js';
import type { Attempt } from '../scenario/attempt.js';
import { recordOf } from '../events.js';
import { resultDirectories } from '../scenario/phases/prepare.js';
import { controllerToken } from '../controller.js';
import { callHooks } from './call-hooks.js';

/** How an attempt went. */
export interface End {
  readonly status: ScenarioStatus;
  readonly durationMs: number;
}

/**
 * Calls the hooks of a point of a scenario.
 *
 * @param end How it went, once that is known.
 */
export async function callScenarioHooks(
  attempt: Attempt,
  point: HookPoint,
  end: End | null = null,
): Promise<readonly Failure[]> {
  const { context, plan, number, failures } = attempt;
  const { scenario } = plan;
  const [first] = failures;
  const isOver = end !== null;
  return callHooks(context, scenario.hooks, {
    point,
    scenario: scenario.name,
    nodes: plan.nodes,
    env: (machine) => environmentOn(attempt, machine, isOver),
    cwd: (machine) => (isOver ? null : workingFolderOn(attempt, machine)),
    event: {
      attempt: number,
      max_attempts: attempt.maxAttempts,
      status: end?.status ?? statusNow(attempt),
      duration_s: end === null ? null : Math.round(end.durationMs) / 1000,
      failure: first ? recordOf(first) : null,
      failures: failures.map(recordOf),
      script: attempt.script,
      metrics: attempt.metrics,
      nodes: plan.nodes.map(({ name }) => name),
      results_path: attempt.resultFolder,
    },
    folder: attempt.resultFolder,
    signal: attempt.signal,
  });
}

/**
 * Once per attempt, as soon as it has failed.
 *
 * @param end See `callScenarioHooks`: for what failed when all else was over.
 */
export async function callFailureHooks(attempt: Attempt, end: End | null = null): Promise<void> {
  if (attempt.isFailureTold || attempt.failures.length === 0) return;
  attempt.isFailureTold = true;
  attempt.failures.push(...(await callScenarioHooks(attempt, 'on_failure', end)));
}

function statusNow({ failures }: Attempt): 'running' | 'failed' | 'cancelled' {
  const [first] = failures;
  if (!first) return 'running';
  return first.kind === 'cancelled' ? 'cancelled' : 'failed';
}

/** As the test script has it, as far as it is there on that machine and at that moment. */
function environmentOn(attempt: Attempt, machine: string, isOver: boolean) {
  const { context, plan } = attempt;
  const { testExecution } = plan.scenario;
  const place = isOver ? undefined : attempt.places.get(machine);
  const isScriptHere = place !== undefined && testExecution.node === machine;
  return scriptEnvironment(plan.scenario, plan.nodes, {
    run: context.run,
    controller: controllerToken(context.root),
    attempt: attempt.number,
    workingFolder: workingFolderOn(attempt, machine, isOver),
    resultDirectories: isScriptHere ? resultDirectories(attempt, place) : null,
  });
}

/** The scenario's folder on a machine that has one at this moment. */
function workingFolderOn(attempt: Attempt, machine: string, isOver = false): string | null {
  if (isOver) return null;
  return attempt.places.get(machine)?.workingFolder ?? null;
}
