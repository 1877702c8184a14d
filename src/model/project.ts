import type { NodeSpec } from './node.js';
import type { ScenarioSpec } from './scenario.js';

export type ExecutionMode = 'auto' | 'directory' | 'custom';

export interface Filters {
  readonly includeTags: readonly string[];
  readonly excludeTags: readonly string[];
  readonly onlyScenarios: readonly string[];
  readonly skipScenarios: readonly string[];
}

export interface InterScenario {
  readonly waitBetweenScenariosMs: number;
  readonly continueOnFailure: boolean;
}

/** A project directory whose files are valid, with everything resolved. */
export interface Project {
  /** Absolute. */
  readonly root: string;
  readonly nodes: readonly NodeSpec[];
  /** In execution order; disabled ones included, with `enabled: false`. */
  readonly scenarios: readonly ScenarioSpec[];
  readonly executionMode: ExecutionMode;
  readonly filters: Filters;
  readonly interScenario: InterScenario;
  /** Values that must not appear in any output: passwords, tokens, keys. */
  readonly secrets: readonly string[];
}
