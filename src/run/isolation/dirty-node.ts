import type { Failure } from '../../model/failure.js';

/** A machine on which something of a scenario is left. */
export interface DirtyNode {
  readonly scenario: string;
  /** What, and where. */
  readonly failure: Failure;
  /** Looks again, and removes what can be removed by now. @returns `null`: nothing is left. */
  readonly lookAgain: () => Promise<Failure | null>;
}
