import type { SuitePlan } from '../model/plan.js';
import type { ScenarioSpec } from '../model/scenario.js';

type Estimate = Pick<SuitePlan, 'estimatedDurationMs' | 'withoutEstimate'>;

/** How long scenarios take one after the other, as far as they say so; `null` where none does. */
export function estimateDuration(scenarios: readonly ScenarioSpec[], waitMs: number): Estimate {
  const estimates = scenarios.map(({ estimatedDurationMs }) => estimatedDurationMs);
  const waits = Math.max(0, scenarios.length - 1) * waitMs;
  return {
    estimatedDurationMs: estimates.some((estimate) => estimate !== null)
      ? estimates.reduce<number>((sum, estimate) => sum + (estimate ?? 0), waits)
      : null,
    withoutEstimate: scenarios
      .filter(({ estimatedDurationMs }) => estimatedDurationMs === null)
      .map(({ name }) => name),
  };
}
