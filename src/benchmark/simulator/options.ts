import type { EngineLimits, EngineTiming } from './engine-model.js';

/** Everything that carries a name of its own says that no model runs here. */
export const SIMULATOR_NAME = 'playbook-simulator';

/** `prefill` makes one token; `decode` takes prompts as prefilled; `router` passes requests on to such workers. */
export const ROLES = ['engine', 'prefill', 'decode', 'router'] as const;
export type Role = (typeof ROLES)[number];

export interface EngineOptions {
  readonly role: Exclude<Role, 'router'>;
  readonly model: string;
  readonly timing: EngineTiming;
  readonly limits: EngineLimits;
  /** Prompt and answer together, in tokens. */
  readonly maxModelLen: number;
  /** How long answers are on average where they may end by themselves. */
  readonly meanOutputTokens: number;
  /** The share of requests that is answered with status 500. */
  readonly failRate: number;
  /** The share of requests whose connection is cut in the middle of the answer. */
  readonly dropRate: number;
  /** Until this is over, everything is answered with status 503. */
  readonly startupDelayMs: number;
  readonly seed: number;
}

export interface RouterOptions {
  /** Workers that a request goes to first; empty: none does. */
  readonly prefillUrls: readonly string[];
  /** Workers that answer. */
  readonly decodeUrls: readonly string[];
}
