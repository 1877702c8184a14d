import type { Failure, FailureKind } from '../../model/failure.js';
import type { ScenarioOutcome } from '../../model/result.js';
import type { ScenarioResult } from '../scenario/scenario.js';
import { kindsOf } from './verdict.js';

/** What has come of a suite so far. */
export interface Tally {
  /** Of the scenarios that are over, in order. */
  readonly outcomes: readonly ScenarioOutcome[];
  /** What went wrong with the run itself, and with none of its scenarios: the first is the cause. */
  readonly own: readonly Failure[];
  /** Of all failures, for the exit code. */
  readonly kinds: readonly FailureKind[];
  /** Whether something of what may have gone wrong is none for which a scenario has called its hooks. */
  hasUntold(): boolean;
  add(result: ScenarioResult): void;
  addOwn(failures: readonly Failure[]): void;
  /** What makes nobody fail, and still decides the exit code: something is left, or was not written. */
  addAside(failures: readonly Failure[]): void;
}

export function createTally(): Tally {
  const outcomes: ScenarioOutcome[] = [];
  const own: Failure[] = [];
  const kinds: FailureKind[] = [];
  /** Of each scenario that failed. */
  const told: boolean[] = [];
  return {
    outcomes,
    own,
    kinds,
    hasUntold: () => own.length > 0 || told.includes(false) || told.length === 0,
    add(result) {
      outcomes.push(result.outcome);
      if (result.outcome.failure !== null) told.push(result.isFailureTold);
      kinds.push(...result.kinds);
    },
    addOwn(failures) {
      own.push(...failures);
      kinds.push(...failures.flatMap(kindsOf));
    },
    addAside(failures) {
      kinds.push(...failures.flatMap(kindsOf));
    },
  };
}
