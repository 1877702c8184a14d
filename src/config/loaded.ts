import type { Project } from '../model/project.js';
import type { ExplainedValue } from './explain.js';
import type { ScopedProblem } from './problem-log.js';

/** What is known of a scenario folder, whatever is wrong with it. */
export interface ScenarioOutline {
  readonly name: string;
  /** Relative to the scenarios root. */
  readonly directory: string;
  readonly isEnabled: boolean;
  /** It could not be resolved, so it is not among the project's scenarios. */
  readonly isBroken: boolean;
  /** Names of the nodes that it names, whether they can be used or not. */
  readonly nodes: readonly string[];
  /** Where it is switched on and off; `null` where that file cannot be read. */
  readonly switch: ScenarioSwitch | null;
}

export interface ScenarioSwitch {
  /** Absolute. */
  readonly file: string;
  /** The entry of `custom_order`; `null`: the file is the scenario's `metadata.yaml`. */
  readonly customIndex: number | null;
}

/** A project as it is, with everything that is wrong with it. */
export interface LoadedProject {
  /** `null` where the project's own files are so broken that nothing can be said. */
  readonly project: Project | null;
  /** All problems, sorted by file and position. Which of them matter for something is for `problemsFor` to say. */
  readonly problems: readonly ScopedProblem[];
  /** Takes known secrets out of a text: for lines of the files that are shown with problems. */
  readonly mask: (text: string) => string;
  /** Scenarios that could not be resolved. */
  readonly broken: readonly { readonly name: string; readonly directory: string }[];
  /** Scenario folders that `custom_order` leaves out. */
  readonly unlisted: readonly string[];
  /** All scenarios, in execution order. */
  readonly outlines: readonly ScenarioOutline[];
  /**
   * Every effective value of a scenario and where it was written.
   *
   * @param scenario By name or directory.
   * @param key Only this key and what is below it.
   * @returns `undefined` for a scenario that there is not, or that is broken.
   */
  explain(scenario: string, key?: string): readonly ExplainedValue[] | undefined;
}
