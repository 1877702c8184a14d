import type { NodeSpec } from './node.js';
import type { HookSpec } from './hook.js';
import type { ScenarioSpec } from './scenario.js';
import type { WebhookSpec } from './webhook.js';

/** The phases of a scenario, in order. */
export const PHASES = [
  'prepare',
  'deploy',
  'ready',
  'benchmark',
  'collect',
  'stop',
  'clean',
  'verify',
] as const;
export type Phase = (typeof PHASES)[number];

/** One step of a plan. */
export interface Operation {
  /** Unique in its scenario: `deploy p-1`. */
  readonly id: string;
  readonly phase: Phase;
  /** `null`: the machine that runs playbook. */
  readonly node: string | null;
  readonly service: string | null;
  /** What will be done, as a person reads it. */
  readonly description: string;
  /** Ids of the operations that have to be over before. */
  readonly dependsOn: readonly string[];
  /** Why it is in the plan: the file and key that ask for it. */
  readonly cause: string;
}

export interface ScenarioPlan {
  readonly scenario: ScenarioSpec;
  /** The nodes it uses. */
  readonly nodes: readonly NodeSpec[];
  /** Kahn batches of service ids: every dependency of a batch lies in an earlier one. */
  readonly batches: readonly (readonly string[])[];
  readonly operations: readonly Operation[];
}

export interface SkippedScenario {
  readonly name: string;
  readonly directory: string;
  readonly reason: string;
}

/** What `run` will do: pure data, printable. */
export interface SuitePlan {
  /** The project's root, absolute. */
  readonly root: string;
  readonly scenarios: readonly ScenarioPlan[];
  /** What the project holds and this plan leaves out, with the reason. */
  readonly skipped: readonly SkippedScenario[];
  readonly waitBetweenScenariosMs: number;
  readonly continueOnFailure: boolean;
  /** The sum of `estimated_duration` and waits; `null` where no scenario says one. */
  readonly estimatedDurationMs: number | null;
  /** Names of scenarios that give no `estimated_duration`: what the sum leaves out. */
  readonly withoutEstimate: readonly string[];
  /** Every node of the configuration: one that no scenario uses may be the way to another. */
  readonly nodes: readonly NodeSpec[];
  /** Those of the run as a whole. */
  readonly hooks: readonly HookSpec[];
  readonly webhooks: readonly WebhookSpec[];
  /** For how long a run may not be heard of before its nodes clean up by themselves. */
  readonly leaseTimeoutMs: number;
  readonly secrets: readonly string[];
}
