import type { Phase } from '../../../model/plan.js';
import type { FailureRecord } from '../../../model/result.js';
import { renderFailure } from '../../failure.js';
import { formatDuration, formatElapsed } from '../../text/duration.js';
import { PARTS, type PartContent, type Parts, allot } from './allotment.js';
import { type Canvas, fitLine } from './canvas.js';
import { renderDone, renderRunning, renderTodo } from './phase-rows.js';
import type { RunView } from './run-view.js';
import type { Pause, ScenarioView } from './scenario-view.js';
import { countServiceLines, renderServices } from './service-rows.js';

/** More of the output than this is only noise while services matter too. */
const OUTPUT_LINES = 12;

/** The picture of a run at one moment, in at most `height` lines of at most `width` columns. */
export function renderFrame(view: RunView, canvas: Canvas): string[] {
  const { current } = view;
  const parts = current ? scenarioParts(view, current, canvas) : idleParts(view, canvas);
  const room = allot(parts, canvas.height);
  return PARTS.flatMap((part) => parts[part].render(room[part])).slice(0, canvas.height);
}

const NOTHING: PartContent = { wanted: 0, render: () => [] };

function lines(texts: readonly string[], canvas: Canvas): PartContent {
  return {
    wanted: texts.length,
    render: (limit) => texts.slice(0, limit).map((text) => fitLine(text, canvas)),
  };
}

function idleParts(view: RunView, canvas: Canvas): Parts {
  const { style, spin } = canvas;
  const idle = isOver(view) ? 'winding up' : 'looking at the nodes';
  const title = view.pause ? describePause(view.pause, canvas) : idle;
  const facts = [title, ...describeHooks(view, canvas)].join(` ${style.signs.dot} `);
  return {
    title: lines([`${style.accent(spin)} ${facts}`], canvas),
    done: NOTHING,
    phase: NOTHING,
    services: NOTHING,
    output: NOTHING,
    failures: NOTHING,
    todo: NOTHING,
    ...surroundings(view, canvas),
  };
}

function scenarioParts(view: RunView, scenario: ScenarioView, canvas: Canvas): Parts {
  const services = [...scenario.services.values()];
  const done = scenario.phases.filter(({ state }) => state !== 'waiting' && state !== 'running');
  const running = scenario.phases.filter(({ state }) => state === 'running');
  // What a failure has jumped over will not come any more.
  const reached = scenario.phases.findLastIndex(({ state }) => state !== 'waiting');
  const todo = scenario.phases.slice(reached + 1);
  const { style } = canvas;
  const output = scenario.output.lines();
  const isRunning = (...phases: readonly Phase[]) =>
    running.some(({ phase }) => phases.includes(phase));

  return {
    title: lines([renderTitle(view, scenario, canvas)], canvas),
    done: {
      wanted: done.length,
      render: (limit) => renderDone(done, limit, canvas),
    },
    phase: lines(
      running.map((phase) => renderRunning(phase, scenario, canvas)),
      canvas,
    ),
    services: isRunning('deploy', 'ready', 'stop')
      ? {
          wanted: countServiceLines(services, canvas),
          render: (limit) => renderServices(services, limit, canvas),
        }
      : NOTHING,
    output: {
      wanted: isRunning('benchmark') ? Math.min(output.length, OUTPUT_LINES) : 0,
      render: (limit) =>
        (limit === 0 ? [] : output.slice(-limit)).map((line) =>
          fitLine(`    ${style.faint(`${style.signs.bar} ${line}`)}`, canvas),
        ),
    },
    failures: failurePart(scenario.failures, canvas),
    todo: lines(todo.length === 0 ? [] : [renderTodo(todo, canvas)], canvas),
    ...surroundings(view, canvas),
  };
}

function surroundings(view: RunView, canvas: Canvas): Pick<Parts, 'next' | 'gap' | 'footer'> {
  const next = view.waiting.length === 0 ? [] : [renderNext(view.waiting, canvas)];
  return {
    next: lines(next, canvas),
    gap: lines([''], canvas),
    footer: lines([renderFooter(view, canvas)], canvas),
  };
}

/** Every scenario has had its turn. */
function isOver({ startedAtMs, waiting }: RunView): boolean {
  return startedAtMs !== null && waiting.length === 0;
}

/** Several at once are the same hook on several nodes. */
function describeHooks({ hooks }: RunView, { nowMs }: Canvas): string[] {
  const [first, ...others] = hooks.values();
  if (!first) return [];
  const more = others.length > 0 ? ` and ${others.length} more` : '';
  return [`${first.description}${more} (${formatElapsed(nowMs - first.sinceMs)})`];
}

function renderTitle(view: RunView, scenario: ScenarioView, canvas: Canvas): string {
  const { style, nowMs, spin } = canvas;
  const facts: string[] = [];
  if (scenario.total > 1) facts.push(`${scenario.index} of ${scenario.total}`);
  if (scenario.attempt > 1) {
    facts.push(style.caution(`attempt ${scenario.attempt} of ${scenario.maxAttempts}`));
  }
  facts.push(describeElapsed(nowMs - scenario.startedAtMs, scenario.estimatedMs));
  if (scenario.pause) facts.push(describePause(scenario.pause, canvas));
  facts.push(...describeHooks(view, canvas));
  const separator = ` ${style.signs.dot} `;
  return `${style.accent(spin)} ${style.strong(scenario.name)}  ${facts.join(separator)}`;
}

function describeElapsed(elapsedMs: number, estimatedMs: number | null): string {
  const elapsed = formatElapsed(elapsedMs);
  return estimatedMs === null ? elapsed : `${elapsed} of about ${formatDuration(estimatedMs)}`;
}

function describePause({ reason, sinceMs, lengthMs }: Pause, { nowMs }: Canvas): string {
  return `waiting ${formatElapsed(sinceMs + lengthMs - nowMs)} ${reason}`;
}

function failurePart(failures: readonly FailureRecord[], canvas: Canvas): PartContent {
  const [first] = failures;
  if (!first) return NOTHING;
  const { style } = canvas;
  const render = (limit: number) => {
    if (limit <= 0) return [];
    // The message and the hint come before the culprit's own words, of which the last matter most.
    const around = first.hint === null ? 1 : 2;
    const outputLines = Math.max(0, limit - around);
    const [message = '', ...rest] = renderFailure(first, { style, outputLines });
    return [
      `  ${style.bad(`${style.signs.failed} ${message}`)}`,
      ...rest.map((line) => `  ${line}`),
    ]
      .slice(0, limit)
      .map((line) => fitLine(line, canvas));
  };
  return { wanted: render(10).length, render };
}

function renderNext(names: readonly string[], { style }: Canvas): string {
  const shown = names.slice(0, 3).join(', ');
  const more = names.length > 3 ? ` and ${names.length - 3} more` : '';
  return style.faint(`${style.signs.waiting} then ${shown}${more}`);
}

function renderFooter(view: RunView, { style, nowMs }: Canvas): string {
  const elapsed =
    view.startedAtMs === null ? '' : describeElapsed(nowMs - view.startedAtMs, view.estimatedMs);
  const parts = [elapsed, view.resultsPath].filter((part) => part !== '');
  return style.faint(parts.join(` ${style.signs.dot} `));
}
