import type { Outcome } from '../../model/failure.js';
import type { HeldRun, Holding, KeptResults } from './holding.js';

/**
 * What a run holds on its nodes: on the disk before it is made, struck off once it is verified gone. Whoever dies, the
 * next run knows what is left where.
 */
export interface Journal {
  /**
   * Resolves once the intent is safe on the disk: only then may it be carried out. Those that come at the same time
   * share one write.
   *
   * @returns Strikes it off, once it is verified gone. Safe to call twice.
   */
  enter(holding: Holding): Promise<Outcome<() => void>>;
  /** Notes below which folders of a node the run makes its own. Once per node is enough; more do no harm. */
  noteBases(node: string, bases: readonly string[]): Promise<Outcome<void>>;
  /** Notes results that could not be brought home: nobody but `playbook cleanup --kept` removes them from now on. */
  keep(results: KeptResults): Promise<Outcome<void>>;
  /** What this run holds at this moment, in the order of entry. */
  list(): readonly Holding[];
  /** Removes the journal where nothing is held any more. Safe to call twice. */
  close(): Promise<void>;
}

/** What earlier runs have left, for whoever cleans up after them. */
export interface EarlierRuns {
  /** As it is at this moment, the oldest run first. */
  list(): readonly HeldRun[];
  /** Strikes entries and kept results of a run off by their ids. */
  strike(run: string, ids: readonly number[]): void;
  /** The journal was damaged, and it does not even tell whose entries it has lost. */
  readonly hasLostRun: boolean;
}
