import type { HealthCheckStrategy } from '../../model/scenario.js';

/** From the least to the most that is looked at. */
const STRATEGIES: readonly HealthCheckStrategy[] = ['quick', 'standard', 'thorough'];

export function isAtLeast(strategy: HealthCheckStrategy, least: HealthCheckStrategy): boolean {
  return STRATEGIES.indexOf(strategy) >= STRATEGIES.indexOf(least);
}

/** @returns `null` for none at all. */
export function mostThorough(
  strategies: readonly HealthCheckStrategy[],
): HealthCheckStrategy | null {
  return STRATEGIES.findLast((strategy) => strategies.includes(strategy)) ?? null;
}
