import type { StampedEvent } from '../../../src/model/event.js';
import type { FailureRecord, SuiteSummary } from '../../../src/model/result.js';
import type { Ended } from '../project/playbook.js';
import type { ChaosScenario } from '../project/suite.js';

/** What was under way when the fault hit. */
export interface Moment {
  /** How many events had been told. */
  readonly events: number;
  /** How many had been told when the fault was over. */
  readonly eventsAtEnd: number;
  /** When it had hit, in ms since the epoch. */
  readonly hitAt: number;
  /** What it hit, where that was left to chance. */
  readonly target: string;
  /** The process had ended before. */
  readonly isAfterEnd: boolean;
}

/** What a run that was hit has told. */
export interface Story {
  readonly ended: Ended;
  readonly events: readonly StampedEvent[];
  /** As it was before anybody cleaned up. */
  readonly summary: SuiteSummary | null;
  readonly moment: Moment;
}

/** What may truly be told of a run that a certain fault has hit, besides what holds for every run. */
export interface Expectation {
  /** Where the run ends by itself. */
  readonly exitCodes: (story: Story) => readonly number[];
  /** Of a scenario that was under way while the fault lasted, or that needed what it had broken. */
  readonly isTrueCause: (failure: FailureRecord, scenario: ChaosScenario, story: Story) => boolean;
  /** What else has to hold: a sentence for each thing that does not. */
  readonly objections?: (story: Story) => readonly string[];
}
