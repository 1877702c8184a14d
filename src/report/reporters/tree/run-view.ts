import type { StampedEvent } from '../../../model/event.js';
import { describeHook } from '../narration.js';
import { type Pause, type ScenarioView, applyToScenario, beginAttempt } from './scenario-view.js';

/** What the live display shows of a run at one moment. */
export interface RunView {
  run: string;
  resultsPath: string;
  startedAtMs: number | null;
  /** The sum of what the scenarios say; `null` where none says anything. */
  estimatedMs: number | null;
  /** The scenario that runs now. */
  current: ScenarioView | null;
  /** Names of the scenarios whose turn has not come yet, in order. */
  readonly waiting: string[];
  /** A pause between scenarios. */
  pause: Pause | null;
  /** Hooks that run now, the first one first, by what tells them apart. */
  readonly hooks: Map<string, RunningHook>;
}

export interface RunningHook {
  /** `after_ready hook clocks.sh on node1` */
  readonly description: string;
  readonly sinceMs: number;
}

export function createRunView(): RunView {
  return {
    run: '',
    resultsPath: '',
    startedAtMs: null,
    estimatedMs: null,
    current: null,
    waiting: [],
    pause: null,
    hooks: new Map(),
  };
}

/** Takes one event into the view. What is kept does not grow with the length of the run or of its output. */
export function applyEvent(view: RunView, event: StampedEvent): void {
  const atMs = Date.parse(event.at);
  if (event.type === 'suite_started') {
    const estimates = event.scenarios.flatMap((scenario) => scenario.estimated_duration_s ?? []);
    view.run = event.run;
    view.resultsPath = event.results_path;
    view.startedAtMs = atMs;
    view.estimatedMs = estimates.length === 0 ? null : sum(estimates) * 1000;
    view.waiting.splice(0, Infinity, ...event.scenarios.map(({ name }) => name));
    return;
  }
  if (event.type === 'hook_started' || event.type === 'hook_finished') {
    const description = describeHook(event);
    if (event.type === 'hook_finished') view.hooks.delete(description);
    else view.hooks.set(description, { description, sinceMs: atMs });
    return;
  }
  if (event.type === 'waiting' && event.scenario === null) {
    view.pause = { reason: event.reason, sinceMs: atMs, lengthMs: event.duration_s * 1000 };
    return;
  }
  if (event.type === 'scenario_started') {
    view.pause = null;
    removeFrom(view.waiting, event.scenario);
    view.current = beginAttempt(event, atMs, view.current);
    return;
  }
  if (event.type === 'scenario_finished') {
    removeFrom(view.waiting, event.scenario);
    if (view.current?.name === event.scenario) view.current = null;
    return;
  }
  if (view.current && 'scenario' in event && event.scenario === view.current.name) {
    applyToScenario(view.current, event, atMs);
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function removeFrom(list: string[], value: string): void {
  const index = list.indexOf(value);
  if (index !== -1) list.splice(index, 1);
}
