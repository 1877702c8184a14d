import type { SourceLocation } from './source.js';

/** When hooks are called, in the order in which a run comes by. */
export const HOOK_POINTS = [
  'before_suite',
  'before_scenario',
  'after_ready',
  'after_benchmark',
  'on_failure',
  'after_scenario',
  'after_suite',
] as const;
export type HookPoint = (typeof HOOK_POINTS)[number];

/** Those that belong to the run as a whole, and to no scenario. */
export const SUITE_POINTS = ['before_suite', 'after_suite'] as const;

/** Stands for every node of the scenario, or of the run. */
export const ALL_NODES = 'all';

/** What becomes of the scenario (or the run) when the hook fails: it fails too, or the user is told. */
export type HookErrorPolicy = 'fail' | 'warn';

export type HookProgram =
  | {
      readonly kind: 'script';
      /** Absolute, on the machine that runs playbook. */
      readonly file: string;
      /** What runs it where it cannot be run itself, since it lacks the mode: from its `#!` line. Else empty. */
      readonly interpreter: readonly string[];
      readonly args: readonly string[];
    }
  /** A line for `/bin/sh`. */
  | { readonly kind: 'line'; readonly line: string };

/** A program of the user's that is called at a point of a run. */
export interface HookSpec {
  readonly point: HookPoint;
  /** What people know it by: the script's path in the project, or its line. */
  readonly name: string;
  readonly program: HookProgram;
  /** A node's name, `controller` for the machine that runs playbook, or `all`. */
  readonly node: string;
  readonly timeoutMs: number;
  readonly onError: HookErrorPolicy;
  readonly env: Readonly<Record<string, string>>;
  readonly source: SourceLocation;
}
