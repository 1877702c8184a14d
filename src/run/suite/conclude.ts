import type { Outcome } from '../../model/failure.js';
import type { SuitePlan } from '../../model/plan.js';
import type { SuiteSummary, WarningRecord } from '../../model/result.js';
import type { RunContext } from '../context.js';
import { recordOf, warnOf } from '../events.js';
import { callLastHooks, type SuiteScene } from '../hooks/suite-hooks.js';
import { Interruption } from '../interruption.js';
import { lookOnceMore } from '../isolation/last-look.js';
import { type Resumed, withKept } from '../resume/begin.js';
import { suiteExitCode, worstOf } from './verdict.js';
import type { Tally } from './tally.js';

interface Ending {
  readonly whole: SuitePlan;
  readonly resumed: Resumed | null;
  readonly tally: Tally;
  readonly scene: SuiteScene;
  readonly isLocked: boolean;
  readonly startedAt: Date;
  readonly signal: AbortSignal;
  /** What the run has warned of so far. */
  readonly warnings: () => readonly WarningRecord[];
  readonly writeReport: (summary: SuiteSummary) => Promise<Outcome<void>>;
  readonly writeSummary: (summary: SuiteSummary) => Promise<Outcome<void>>;
}

/** Writes down what came of a suite, calls the last hooks, and gives the machines back. */
export async function concludeSuite(context: RunContext, ending: Ending): Promise<SuiteSummary> {
  const { tally, scene, isLocked, writeReport, writeSummary } = ending;
  const writeDown = async (): Promise<SuiteSummary> => {
    for (const write of [writeReport, writeSummary]) {
      const written = await write(summarize(context, ending));
      if (written.ok) continue;
      warnOf(context, written.failure);
      tally.addAside([written.failure]);
    }
    return summarize(context, ending);
  };
  const isStopped = () => ending.signal.aborted;
  const wasStopped = isStopped();
  const summary = await writeDown();
  const known = summary.warnings.length;
  // What another run has is not for our hooks either.
  const late = isLocked
    ? []
    : await callLastHooks(context, scene, tally.own, summary, tally.hasUntold());
  tally.addOwn(late);
  if (!isStopped()) await lookOnceMore(context);
  const unreleased = await context.leases.releaseAll(new Set(context.dirty.keys()));
  for (const failure of unreleased) warnOf(context, failure);
  tally.addAside(unreleased);
  const isNews =
    late.length > 0 ||
    unreleased.length > 0 ||
    ending.warnings().length > known ||
    isStopped() !== wasStopped;
  const last = isNews ? await writeDown() : summary;
  await context.pool.closeAll();
  return last;
}

function summarize({ clock, run }: RunContext, ending: Ending): SuiteSummary {
  const { whole, resumed, tally, startedAt, signal } = ending;
  const reason: unknown = signal.reason;
  const interruption = reason instanceof Interruption ? reason.exitCode : undefined;
  const scenarios = withKept(whole, tally.outcomes, resumed);
  const statuses = scenarios.map(({ status }) => status);
  const [first] = tally.own;
  const hasRun = tally.outcomes.some(({ attempts }) => attempts > 0);
  return {
    run,
    ...(resumed === null ? {} : { resumed_from: resumed.from }),
    status: worstOf([
      ...statuses,
      ...(first ? (['failed'] as const) : []),
      ...(interruption === undefined ? [] : (['cancelled'] as const)),
    ]),
    exit_code: suiteExitCode(tally.kinds, statuses, interruption, hasRun),
    ...(first ? { failure: recordOf(first) } : {}),
    started_at: startedAt.toISOString(),
    ended_at: new Date(clock.now()).toISOString(),
    scenarios,
    warnings: ending.warnings(),
  };
}
