/**
 * playbook as a library: read a project, plan a suite, run it.
 *
 * @module
 */
import path from 'node:path';

import { composeAdapters } from '../cli/adapters.js';
import { planResumptionOf } from '../cli/resume.js';
import { openWebhooks } from '../cli/webhooks.js';
import { loadProject as load, problemsFor } from '../config/load.js';
import type { StampedEvent } from '../model/event.js';
import type { SuitePlan } from '../model/plan.js';
import type { Problem } from '../model/problem.js';
import type { Project } from '../model/project.js';
import type { SuiteSummary } from '../model/result.js';
import { planSuite as plan } from '../plan/suite-plan.js';
import { Interruption } from '../run/interruption.js';
import type { ResumePlan } from '../run/resume/plan-resume.js';
import { runSuite as run } from '../run/suite/run-suite.js';

export type { StampedEvent } from '../model/event.js';
export type { Failure, FailureKind } from '../model/failure.js';
export type { NodeSpec } from '../model/node.js';
export type { Operation, Phase, ScenarioPlan, SuitePlan } from '../model/plan.js';
export type { Problem } from '../model/problem.js';
export type { Project } from '../model/project.js';
export type { FailureRecord, LoadPoint, ScenarioStatus, SuiteSummary } from '../model/result.js';
export type { ScenarioSpec } from '../model/scenario.js';
export type { ServiceSpec } from '../model/service.js';

export interface LoadedProject {
  /** `null` where there are errors among the problems. */
  readonly project: Project | null;
  /** Errors and warnings of every file, in the order of files and lines. */
  readonly problems: readonly Problem[];
}

/**
 * Reads a project directory and everything in it. Opens no connection and never throws for what is in the files.
 *
 * @param root The project directory.
 * @param environment Where `${VAR}` is looked up. Default: this process's.
 */
export async function loadProject(
  root: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<LoadedProject> {
  const loaded = await load({ root: path.resolve(root), environment });
  const problems = problemsFor(loaded, undefined);
  const isInOrder = problems.every(({ severity }) => severity !== 'error');
  return { project: isInOrder ? loaded.project : null, problems };
}

export interface PlanOptions {
  /** Names or directories; default: every enabled one. */
  readonly scenarios?: readonly string[];
  readonly tags?: readonly string[];
  readonly skipTags?: readonly string[];
}

/**
 * Says what a run would do. Touches nothing.
 *
 * @throws RangeError for a scenario that the project does not have.
 */
export function planSuite(project: Project, options: PlanOptions = {}): SuitePlan {
  const { scenarios = [], tags = [], skipTags = [] } = options;
  const planned = plan(project, { scenarios, tags, skipTags });
  if (planned.unknown.length > 0) {
    throw new RangeError(`unknown scenario ${planned.unknown.join(', ')}`);
  }
  return planned.plan;
}

export interface RunSuiteOptions {
  /** Told everything as it happens, in order. Must not throw. */
  readonly onEvent?: (event: StampedEvent) => void;
  /** Aborts to stop the run: results are collected and the nodes are cleaned before the promise resolves. */
  readonly signal?: AbortSignal;
  /** Default `false`. */
  readonly failFast?: boolean;
  /** How often a failed scenario is tried again. Default: what each scenario says. */
  readonly retries?: number;
}

/**
 * Carries a plan out and leaves its results in the project's `results/`. A scenario that fails is part of the summary,
 * not an exception.
 *
 * @throws Error where not even a folder for the results can be made.
 */
export async function runSuite(
  plan: SuitePlan,
  options: RunSuiteOptions = {},
): Promise<SuiteSummary> {
  return carryOut(plan, options, null);
}

export interface ResumeSuiteOptions extends RunSuiteOptions {
  /** A run, or the beginning of its name. Default: the newest that did not complete. */
  readonly run?: string;
}

/**
 * Continues an earlier run in a run of its own: scenarios that completed, and that stand on the same as then, are kept.
 *
 * @returns `null` where there is nothing to continue.
 * @throws Error where there is no such run, somebody is at it, or nothing of it can be run; and where `runSuite` throws.
 */
export async function resumeSuite(
  project: Project,
  { run: named, ...options }: ResumeSuiteOptions = {},
): Promise<SuiteSummary | null> {
  const found = await planResumptionOf(project, named ?? null);
  return found.plan === null ? null : carryOut(found.plan, options, found.resume);
}

async function carryOut(
  plan: SuitePlan,
  options: RunSuiteOptions,
  resume: ResumePlan | null,
): Promise<SuiteSummary> {
  const { onEvent = () => undefined, signal, failFast = false, retries = null } = options;
  const cancel = new AbortController();
  const stop = () => cancel.abort(new Interruption('SIGINT'));
  if (signal?.aborted) stop();
  signal?.addEventListener('abort', stop, { once: true });
  const defects: unknown[] = [];
  try {
    const adapters = composeAdapters(plan);
    const outcome = await run(plan, adapters, {
      signal: cancel.signal,
      failFast,
      retries,
      resume: resume && (() => Promise.resolve({ ok: true, value: resume })),
      reporters: async (_, tell) => [
        { on: onEvent, close: () => Promise.resolve() },
        ...(await openWebhooks(plan, tell, cancel.signal)),
      ],
      onDefect: (error) => defects.push(error),
    });
    if (!outcome.ok) throw new Error(outcome.failure.message, { cause: outcome.failure });
    if (defects.length > 0) throw defects[0];
    return outcome.value;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}
