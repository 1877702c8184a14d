import type { StampedEvent } from '../../../src/model/event.js';
import type { ScenarioOutcome, SuiteSummary } from '../../../src/model/result.js';
import { type ChaosScenario, SCENARIOS } from '../project/suite.js';
import type { Expectation, Story } from './expectation.js';

/** How `playbook results` lists a run. */
export interface ListedRun {
  readonly run: string;
  readonly status: string;
  readonly scenarios: readonly { readonly name: string; readonly status: string }[];
}

/**
 * What a run that was hit tells and is not true: a sentence each.
 *
 * @param listed What `playbook results` says of it after everything was cleaned up; `null` where it knows of none.
 */
export function objectionsToStory(
  story: Story,
  expectation: Expectation,
  listed: ListedRun | null,
): readonly string[] {
  const { ended, moment } = story;
  const objections = [
    ...(ended.isHung ? ['it does not end'] : []),
    ...(/this is a bug|unhandled|uncaught/i.test(ended.stderr) || ended.exitCode === 70
      ? ['it reports a bug of its own']
      : []),
    ...objectionsToTheFinished(story, listed),
  ];
  if (moment.isAfterEnd) return [...objections, ...undisturbed(story)];
  if (ended.signal !== null) return [...objections, ...ofTheKilled(story, listed)];
  return [
    ...objections,
    ...objectionsToExit(story, expectation),
    ...objectionsToCauses(story, expectation),
    ...(expectation.objections?.(story) ?? []),
    ...(listed === null || story.summary === null || listed.status === story.summary.status
      ? []
      : [`playbook results calls it ${listed.status}, its summary ${story.summary.status}`]),
  ];
}

/** What was over before the fault stays as it was. */
function objectionsToTheFinished(story: Story, listed: ListedRun | null): readonly string[] {
  const before = story.events.slice(0, story.moment.events);
  return before.flatMap((event) => {
    if (event.type !== 'scenario_finished') return [];
    const told = statusIn(story.summary, event.scenario);
    const later = listed?.scenarios.find(({ name }) => name === event.scenario)?.status;
    return [
      ...(event.status === 'completed'
        ? []
        : [
            `${event.scenario} ${event.status} before anything was done to it: ${because(event.failure)}`,
          ]),
      ...[told, later]
        .filter((status) => status !== undefined && status !== event.status)
        .map((status) => `${event.scenario} had ${event.status}, and later it is ${status ?? ''}`),
      ...(later === undefined ? [`playbook results knows nothing of ${event.scenario}`] : []),
    ];
  });
}

function undisturbed({ ended, summary }: Story): readonly string[] {
  return [
    ...(ended.exitCode === 0 ? [] : [`it exits with ${String(ended.exitCode)} before the fault`]),
    ...(summary?.status === 'completed'
      ? []
      : [`it is ${summary?.status ?? 'untold'} before the fault`]),
  ];
}

/** Nobody could tell anything any more: whoever comes later has found out. */
function ofTheKilled(
  { ended, events, summary }: Story,
  listed: ListedRun | null,
): readonly string[] {
  if (ended.signal !== 'SIGKILL') return [`it was ended by ${ended.signal ?? ''}`];
  if (events.length === 0 && listed === null) return [];
  if (listed === null) return ['playbook results does not know it'];
  const expected = summary?.status ?? 'interrupted';
  const finished = new Set(
    events.flatMap((event) => (event.type === 'scenario_finished' ? event.scenario : [])),
  );
  return [
    ...(listed.status === expected
      ? []
      : [`playbook results calls it ${listed.status}, not ${expected}`]),
    ...listed.scenarios.flatMap(({ name, status }) => {
      if (summary || finished.has(name)) return [];
      // Its end may have been written down and not told any more.
      const isPossible = ['interrupted', 'skipped', 'completed'].includes(status);
      return isPossible ? [] : [`${name} is ${status}, although nobody was there to see it end`];
    }),
  ];
}

/** The exit code, the suite's status and those of the scenarios say the same. */
function objectionsToExit(story: Story, { exitCodes }: Expectation): readonly string[] {
  const { ended, events, summary } = story;
  const code = ended.exitCode ?? -1;
  const expected = exitCodes(story);
  const objections = expected.includes(code)
    ? []
    : [`it exits with ${code}, not with ${expected.join(' or ')}`];
  if (!summary) {
    const isTold = events.some(({ type }) => type === 'suite_finished');
    if (code === 0) objections.push('it exits with 0, and has written no summary');
    else if (isTold && code !== 3) objections.push('it has ended, and has written no summary');
    return objections;
  }
  if (summary.exit_code !== code) {
    objections.push(`it exits with ${code}, its summary says ${summary.exit_code}`);
  }
  const isCompleted = summary.status === 'completed';
  // Every scenario may be complete, and something be left all the same: a lease on a node that is out of reach.
  if (isCompleted ? code !== 0 && code !== 4 : code === 0) {
    objections.push(`it is ${summary.status} and exits with ${code}`);
  }
  if ((summary.status === 'cancelled') !== (code === 130 || code === 143) && code !== 4) {
    objections.push(`it is ${summary.status} and exits with ${code}`);
  }
  const names = summary.scenarios.map(({ name }) => name);
  if (names.join() !== SCENARIOS.join()) {
    objections.push(`its summary has the scenarios ${names.join(', ')}`);
  }
  return [...objections, ...differences(events, summary)];
}

function differences(events: readonly StampedEvent[], summary: SuiteSummary): readonly string[] {
  return events.flatMap((event) => {
    if (event.type !== 'scenario_finished') return [];
    const status = statusIn(summary, event.scenario);
    return status === event.status
      ? []
      : [`${event.scenario} is ${event.status} in the events, ${String(status)} in the summary`];
  });
}

/** Of what did not complete, the first cause is the fault, and nothing that it never touched is said to have failed. */
function objectionsToCauses(story: Story, expectation: Expectation): readonly string[] {
  const { summary } = story;
  return (summary?.scenarios ?? []).flatMap((outcome): readonly string[] => {
    const { name, status, failure } = outcome;
    switch (status) {
      case 'completed':
        return failure === null ? [] : [`${name} completed with a failure: ${because(failure)}`];
      case 'skipped':
        return isWellSkipped(outcome, story, expectation)
          ? []
          : [`${name} was skipped: ${outcome.reason ?? ''}`];
      case 'failed':
      case 'cancelled':
        if (failure === null) return [`${name} ${status} for no reason`];
        return expectation.isTrueCause(failure, name as ChaosScenario, story)
          ? []
          : [`${name} ${status}, and the fault is not why: ${because(failure)}`];
      case 'invalid':
      case 'interrupted':
        return [`${name} is ${status}`];
    }
  });
}

/** Only what an earlier one has broken, a signal, or what the fault did to the run itself, keeps a scenario from being tried. */
function isWellSkipped(
  { name }: ScenarioOutcome,
  story: Story,
  { isTrueCause }: Expectation,
): boolean {
  const { summary } = story;
  if (summary?.failure && isTrueCause(summary.failure, name as ChaosScenario, story)) return true;
  const outcomes = summary?.scenarios ?? [];
  const index = outcomes.findIndex((each) => each.name === name);
  if (summary?.status === 'cancelled') return true;
  return outcomes.slice(0, index).some(({ status }) => status === 'failed');
}

function statusIn(summary: SuiteSummary | null, scenario: string): string | undefined {
  return summary?.scenarios.find(({ name }) => name === scenario)?.status;
}

function because(failure: ScenarioOutcome['failure']): string {
  if (failure === null) return 'for no reason';
  const { kind, node, service, message } = failure;
  return `${kind} on ${node ?? 'no node'}, ${service ?? 'no service'}: ${message}`;
}
