import path from 'node:path';

import type { ExplainedValue, LoadedProject } from '../config/load.js';
import { ExitCode } from '../model/exit-code.js';
import type { Outcome } from '../model/failure.js';
import type { SuitePlan } from '../model/plan.js';
import type { Project } from '../model/project.js';
import type { ResumeOverview } from '../report/resume.js';
import type { IsAlive } from '../results/read.js';
import type { RunDetails, RunRecord } from '../results/read/record.js';
import type { Locate } from '../run/resume/compare.js';
import type { ResumePlan } from '../run/resume/plan-resume.js';
import { exitCodeOf } from '../run/suite/verdict.js';
import { CliError } from './error.js';
import type { Globals } from './globals.js';
import { openProject, openWithWarnings, readProject } from './open-project.js';
import type { PlannedSelection } from './selection.js';

export interface Continuation {
  readonly plan: SuitePlan;
  readonly resume: ResumePlan;
  /** The run was still under way when this was planned. */
  readonly isEarly: boolean;
  /** Plans the same scenarios once more, after others have had the project. */
  readonly again: () => Promise<Outcome<ResumePlan>>;
}

/** One whose files were read for it. */
type ReadContinuation = Continuation & Pick<PlannedSelection, 'warnings' | 'mask'>;

/** There is nothing to continue; why. */
interface NoContinuation {
  readonly plan: null;
  readonly why: string;
}

/** What continuing an earlier run comes to. */
export type Resumption = Continuation | NoContinuation;

/**
 * Plans the continuation of an earlier run: the same scenarios, as they are now. Opens no connection.
 *
 * @param named The run, or the beginning of its name; `null`: the newest that did not complete.
 * @param mayWait Also one that is still under way: it will be waited for.
 */
export async function planResumption(
  globals: Globals,
  named: string | null,
  mayWait: boolean,
): Promise<NoContinuation | ReadContinuation> {
  const run = await findRun(globals.root, named, mayWait);
  if ('why' in run) return run;
  const names = scenariosOf(run);
  const { project, warningsFor, mask } = await openWithWarnings(globals, names);
  // Perhaps it is there and cannot be read: then what is wrong with the files is the answer.
  if (names.some((name) => !project.scenarios.some((scenario) => scenario.name === name))) {
    await openProject(globals);
  }
  const loaded = await readProject(globals);
  const found = await planContinuation(run, project, (scenario) => locateIn(loaded, scenario));
  if (found.plan === null) return found;
  const planned = found.plan.scenarios.map(({ scenario }) => scenario.name);
  return { ...found, warnings: warningsFor(planned), mask };
}

/**
 * The same for a project that was read already.
 *
 * @throws CliError where there is no such run, it is under way, or nothing of it can be run.
 */
export async function planResumptionOf(
  project: Project,
  named: string | null,
): Promise<Resumption> {
  const run = await findRun(project.root, named, false);
  return 'why' in run ? run : planContinuation(run, project, () => () => null);
}

async function planContinuation(
  run: RunDetails,
  project: Project,
  locate: (scenario: string) => Locate,
): Promise<Resumption> {
  const [{ planSuite }, { planResume, selectFormer }] = await Promise.all([
    import('../plan/suite-plan.js'),
    import('../run/resume/plan-resume.js'),
  ]);
  const { selected, leftOut } = selectFormer(project, scenariosOf(run));
  if (selected.length === 0) {
    const reasons = leftOut.map(({ scenario, reason }) => `${scenario}: ${reason}`).join('; ');
    throw new CliError(`nothing of run ${run.run} can be run`, ExitCode.usage, reasons);
  }
  const { plan } = planSuite(project, { scenarios: selected, tags: [], skipTags: [] });
  const planFor = (former: RunDetails) => planResume(former, plan, leftOut, locate);
  const planned = await planFor(run);
  if (!planned.ok) {
    const { message, kind, hint } = planned.failure;
    throw new CliError(message, exitCodeOf(kind), hint);
  }
  const resume = planned.value;
  const isAllKept = resume.decisions.every(({ kept }) => kept !== null);
  if (run.status === 'completed' && isAllKept) {
    return { plan: null, why: `run ${run.run} has completed, and nothing has changed since` };
  }
  const again = async () => {
    const { readRun } = await import('../results/read.js');
    return planFor((await readRun(path.dirname(run.results_path), run.run)) ?? run);
  };
  return { plan, resume, isEarly: run.status === 'running', again };
}

function scenariosOf(run: RunDetails): readonly string[] {
  if (run.scenarios.length > 0 && hasBegun(run)) return run.scenarios.map(({ name }) => name);
  throw new CliError(
    `nothing is left of run ${run.run} that tells which scenarios it had`,
    ExitCode.usage,
    run.resumed_from === null
      ? 'name them: playbook run SCENARIO...'
      : `it was to continue another one: playbook run --resume ${run.resumed_from}`,
  );
}

/** As it is shown before anything is done. */
export function overviewOf({ from, decisions, leftOut }: ResumePlan): ResumeOverview {
  return {
    resumed_from: from,
    kept: decisions.flatMap(({ scenario, kept }) =>
      kept ? [{ scenario, kept_from: kept.result.run }] : [],
    ),
    rerun: decisions.flatMap(({ scenario, reasons }) => (reasons ? [{ scenario, reasons }] : [])),
    left_out: leftOut,
  };
}

async function findRun(
  projectRoot: string,
  named: string | null,
  mayWait: boolean,
): Promise<RunDetails | NoContinuation> {
  const root = path.join(projectRoot, 'results');
  const [{ readRun, readRuns }, { runsUnderWay }] = await Promise.all([
    import('../results/read.js'),
    import('../run/locks/project-lock.js'),
  ]);
  const isAlive: IsAlive = await runsUnderWay(projectRoot);
  const runs = await readRuns(root, isAlive);
  const isContinued = ({ resumed_by }: RunRecord) =>
    runs.some((other) => other.run === resumed_by && hasBegun(other));
  const unfinished = runs.filter((run) => run.status !== 'completed' && !isContinued(run));
  const isOpen = (run: RunRecord) => hasBegun(run) && !wasRefused(run);
  const name = named ?? unfinished.find(isOpen)?.run;
  if (name === undefined) return { plan: null, why: whyNothing(runs, unfinished) };
  const run = await readRun(root, name, isAlive);
  if (!run) {
    throw await unknownRun(
      name,
      runs.map((each) => each.run),
    );
  }
  if (run.status === 'running' && !mayWait) throw await underWay(projectRoot, run.run);
  return run;
}

/** @param unfinished None of them has begun. */
function whyNothing(runs: readonly RunRecord[], unfinished: readonly RunRecord[]): string {
  if (runs.length === 0) return 'there is no run yet';
  const compare = '(playbook run --resume RUN compares a completed one with the files of today)';
  const [newest] = unfinished;
  if (!newest) return `every run has completed, or was continued ${compare}`;
  const why = wasRefused(newest)
    ? 'was refused its nodes, and has begun nothing'
    : 'has begun nothing';
  if (runs.length === unfinished.length) return `run ${newest.run} ${why}`;
  return `run ${newest.run} ${why}; those before have completed, or were continued ${compare}`;
}

/** One that died before it had said what it would do is nothing to go on with, and has taken nothing over. */
function hasBegun({ started_at }: RunRecord): boolean {
  return started_at !== null;
}

/** Others had the nodes, and nothing was begun: what is to be continued is older. */
function wasRefused({ exit_code, resumed_from }: RunRecord): boolean {
  return exit_code === ExitCode.locked && resumed_from === null;
}

async function underWay(projectRoot: string, run: string): Promise<CliError> {
  const { describeHolder, projectHolder } = await import('../run/locks/project-lock.js');
  const holder = await projectHolder(projectRoot);
  const who = holder === null ? `run ${run}` : describeHolder(holder, { now: Date.now });
  return new CliError(
    `${who} is still under way: it can be continued when it is over`,
    ExitCode.locked,
    'to wait for that: --wait-lock 30m',
  );
}

async function unknownRun(name: string, runs: readonly string[]): Promise<CliError> {
  const { suggest } = await import('../config/value/nearest.js');
  const same = runs.filter((run) => run.startsWith(name));
  if (same.length > 1) {
    return new CliError(`which run is ${name}?`, ExitCode.usage, `there are ${same.join(', ')}`);
  }
  const suggestion = suggest(name, runs, 'there are');
  const hint = `${suggestion === '' ? '' : `${suggestion} `}playbook results lists them all`;
  return new CliError(`there is no run ${name}`, ExitCode.usage, hint);
}

/** Where a value of a scenario is written, or the section that it belongs to. */
function locateIn(loaded: LoadedProject, scenario: string): Locate {
  const values = new Map((loaded.explain(scenario) ?? []).map((value) => [value.key, value]));
  const { nodes = [], scenarios = [] } = loaded.project ?? {};
  const services = scenarios.find(({ name }) => name === scenario)?.services ?? [];
  for (const { id, source } of services) values.set(`services.${id}`, at(source));
  for (const { name, source } of nodes) values.set(`nodes.${name}`, at(source));
  return (key) => {
    for (
      let above = key;
      above !== '';
      above = above.slice(0, Math.max(0, above.lastIndexOf('.')))
    ) {
      const found = values.get(above);
      if (!found) continue;
      return found.file === null ? found.layer : `${found.file}:${found.line ?? 1}`;
    }
    return null;
  };
}

type Place = Pick<ExplainedValue, 'file' | 'line' | 'layer' | 'key' | 'value'>;

function at({ file, line }: { readonly file: string; readonly line: number }): Place {
  return { key: '', value: null, layer: 'scenario', file, line };
}
