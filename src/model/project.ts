import type { NodeSpec } from './node.js';
import type { HookSpec } from './hook.js';
import type { ScenarioSpec } from './scenario.js';
import type { WebhookSpec } from './webhook.js';

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
  /** Those of the run as a whole. */
  readonly hooks: readonly HookSpec[];
  readonly webhooks: readonly WebhookSpec[];
  /** For how long a run may not be heard of before its nodes clean up by themselves. */
  readonly leaseTimeoutMs: number;
  /** Values that must not appear in any output: passwords, tokens, keys. */
  readonly secrets: readonly string[];
}
