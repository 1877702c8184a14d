import type { Failure } from '../../model/failure.js';
import type { ScenarioPlan } from '../../model/plan.js';
import type { ScenarioOutcome, ScenarioStatus } from '../../model/result.js';
import { summarizeFailure } from '../../report/failure.js';
import type { RunContext } from '../context.js';
import { recordOf } from '../events.js';
import type { ScenarioResult } from '../scenario/scenario.js';

/**
 * Something is unfit, so nothing is deployed anywhere: half a suite is no basis for a comparison.
 *
 * @param own What is unfit for this scenario.
 * @param all What is unfit for some scenario.
 */
export function notDeployed(
  context: RunContext,
  plan: ScenarioPlan,
  own: readonly Failure[],
  all: readonly Failure[],
): ScenarioResult {
  if (own.length > 0) return unfit(context, plan, own);
  const names = [...new Set(all.flatMap(({ node }) => node ?? []))].join(', ');
  const [first] = all;
  const why = names === '' ? (first?.message ?? '') : `${names} cannot be used`;
  return skip(context, plan, `nothing was deployed: ${why}`);
}

/** A scenario whose machines others have, so that the run has begun nothing anywhere. */
export function refused(
  context: RunContext,
  { scenario }: ScenarioPlan,
  own: readonly Failure[],
  all: readonly Failure[],
): ScenarioResult {
  const [first = null] = own.length > 0 ? own : all;
  const reason = `nothing was run: ${first === null ? '' : summarizeFailure(first)}`;
  return {
    outcome: conclusion(context, scenario.name, 'skipped', own[0] ?? null, reason),
    kinds: own.map(({ kind }) => kind),
    isFailureTold: false,
  };
}

/** A scenario whose nodes cannot be used. */
export function unfit(
  context: RunContext,
  { scenario }: ScenarioPlan,
  failures: readonly Failure[],
): ScenarioResult {
  const [first = null] = failures;
  const outcome = conclusion(context, scenario.name, 'failed', first, null);
  return { outcome, kinds: failures.map(({ kind }) => kind), isFailureTold: false };
}

/** A scenario that is left out. */
export function skip(
  context: RunContext,
  { scenario }: Pick<ScenarioPlan, 'scenario'>,
  reason: string,
): ScenarioResult {
  return {
    outcome: conclusion(context, scenario.name, 'skipped', null, reason),
    kinds: [],
    isFailureTold: false,
  };
}

/** The end of a scenario that was never started. */
function conclusion(
  { emit }: RunContext,
  name: string,
  status: ScenarioStatus,
  failure: Failure | null,
  reason: string | null,
): ScenarioOutcome {
  const record = failure === null ? null : recordOf(failure);
  emit({
    type: 'scenario_finished',
    scenario: name,
    status,
    attempts: 0,
    duration_s: 0,
    failure: record,
    reason,
    metrics: [],
    results_path: null,
  });
  return { name, status, attempts: 0, duration_s: 0, failure: record, reason };
}
