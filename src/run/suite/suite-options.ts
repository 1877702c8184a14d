import type { Failure } from '../../model/failure.js';
import type { ResumePlan } from '../resume/plan-resume.js';

export interface SuiteOptions {
  /** Stop after the first scenario that did not complete, whatever the project says. */
  readonly failFast: boolean;
  /** How often a failed scenario is tried again; `null`: what each scenario says. */
  readonly retries: number | null;
  /** Aborts, with an `Interruption`, to stop the run and clean up. */
  readonly signal: AbortSignal;
  /** How this run continues an earlier one; default `null`: it continues none. */
  readonly resume?: ResumePlan | null;
  /** Cleans up after earlier runs. @returns What is left of them on nodes that were reached. */
  readonly recover?: () => Promise<readonly Failure[]>;
}
