import type { Inputs } from '../../results/inputs/record.js';
import type { FormerResult, FormerScenario } from '../../results/read/former.js';
import { type Comparison, compareInputs } from './compare.js';

/** What becomes of a scenario when a run is continued. */
export type Decision =
  | { readonly scenario: string; readonly kept: KeptScenario; readonly reasons?: never }
  | {
      readonly scenario: string;
      readonly kept: null;
      /** Why it runs again; at least one. */
      readonly reasons: readonly string[];
    };

/** A result that still holds. */
export interface KeptScenario {
  readonly result: FormerResult;
  /** What it stood on. */
  readonly recorded: Inputs;
}

/**
 * A scenario that completed is kept where all that it stood on is as it was.
 *
 * @param present What it would stand on now.
 */
export function decideScenario(
  former: FormerScenario,
  present: Inputs,
  comparison: Comparison,
): Decision {
  const { name: scenario, result } = former;
  const rerun = (...reasons: string[]): Decision => ({
    scenario,
    kept: null,
    reasons: reasons.map(comparison.mask),
  });
  if (former.status !== 'completed') return rerun(describeEnd(former));
  if (!result) return rerun(`its results are damaged: ${former.damage ?? 'they cannot be read'}`);
  const { inputs: recorded } = result;
  if (!recorded) return rerun('inputs.json, which tells what it stood on, is missing or damaged');
  const differences = compareInputs(recorded, present, comparison);
  return differences.length > 0 ? rerun(...differences) : { scenario, kept: { result, recorded } };
}

function describeEnd({ status, failure, reason }: FormerScenario): string {
  switch (status) {
    case 'failed':
      return failure === null ? 'it failed' : `it failed: ${failure.message}`;
    case 'invalid':
      return 'its result was invalid';
    case 'skipped':
      return reason === null ? 'it was not run' : `it was not run: ${reason}`;
    case 'cancelled':
      return 'it was stopped by a signal';
    case 'interrupted':
    case 'running':
      return 'it was cut off';
    case 'completed':
      return 'it completed';
  }
}
