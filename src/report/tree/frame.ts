import type { Phase } from '../../model/plan.js';
import type { FailureRecord } from '../../model/result.js';
import { renderFailure } from '../failure.js';
import { formatDuration, formatElapsed } from '../text/duration.js';
import { type Canvas, fitLine } from './canvas.js';
import type { RunView } from './run-view.js';
import type { Pause, PhaseView, ScenarioView } from './scenario-view.js';
import { countReady, countServiceLines, renderServices } from './service-rows.js';

/** The parts of a picture, from top to bottom. */
const PARTS = [
  'title',
  'done',
  'phase',
  'services',
  'output',
  'failures',
  'todo',
  'next',
  'gap',
  'footer',
] as const;
type Part = (typeof PARTS)[number];

/** What gives way on a small terminal, in this order: a part and the lines it may keep. */
const CONCESSIONS: readonly (readonly [Part, number])[] = [
  ['gap', 0],
  ['output', 3],
  ['done', 1],
  ['failures', 5],
  ['services', 6],
  ['next', 0],
  ['todo', 0],
  ['output', 1],
  ['services', 3],
  ['failures', 2],
  ['done', 0],
  ['services', 1],
  ['failures', 1],
  ['output', 0],
  ['services', 0],
  ['footer', 0],
  ['failures', 0],
];

/** More of the output than this is only noise while services matter too. */
const OUTPUT_LINES = 12;

/** The picture of a run at one moment, in at most `height` lines of at most `width` columns. */
export function renderFrame(view: RunView, canvas: Canvas): string[] {
  const { current } = view;
  const parts = current ? scenarioParts(view, current, canvas) : idleParts(view, canvas);
  const room = allot(parts, canvas.height);
  return PARTS.flatMap((part) => parts[part].render(room[part])).slice(0, canvas.height);
}

interface PartContent {
  /** How many lines it would like to have. */
  readonly wanted: number;
  /** At most so many lines. */
  readonly render: (limit: number) => string[];
}

type Parts = Readonly<Record<Part, PartContent>>;

function allot(parts: Parts, height: number): Record<Part, number> {
  const room = Object.fromEntries(PARTS.map((part) => [part, parts[part].wanted])) as Record<
    Part,
    number
  >;
  let excess = Object.values(room).reduce((sum, lines) => sum + lines, 0) - height;
  for (const [part, kept] of CONCESSIONS) {
    if (excess <= 0) break;
    const given = Math.min(excess, Math.max(0, room[part] - kept));
    room[part] -= given;
    excess -= given;
  }
  return room;
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
  const title = view.pause ? describePause(view.pause, canvas) : 'preparing';
  return {
    title: lines([`${style.accent(spin)} ${title}`], canvas),
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
    title: lines([renderTitle(scenario, canvas)], canvas),
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

function renderTitle(scenario: ScenarioView, canvas: Canvas): string {
  const { style, nowMs, spin } = canvas;
  const facts: string[] = [];
  if (scenario.total > 1) facts.push(`${scenario.index} of ${scenario.total}`);
  if (scenario.attempt > 1) {
    facts.push(style.caution(`attempt ${scenario.attempt} of ${scenario.maxAttempts}`));
  }
  facts.push(describeElapsed(nowMs - scenario.startedAtMs, scenario.estimatedMs));
  if (scenario.pause) facts.push(describePause(scenario.pause, canvas));
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

function renderDone(phases: readonly PhaseView[], limit: number, canvas: Canvas): string[] {
  const { style } = canvas;
  if (limit <= 0) return [];
  if (phases.length <= limit) {
    return phases.map((phase) =>
      fitLine(
        `  ${signOf(phase, canvas)} ${phase.phase.padEnd(9)}  ${style.faint(formatDuration(phase.tookMs))}`,
        canvas,
      ),
    );
  }
  const all = phases.map((phase) => `${signOf(phase, canvas)} ${phase.phase}`);
  return [fitLine(`  ${all.join('  ')}`, canvas)];
}

function signOf({ state }: PhaseView, { style, spin }: Canvas): string {
  switch (state) {
    case 'waiting':
      return style.faint(style.signs.waiting);
    case 'running':
      return style.accent(spin);
    case 'ok':
      return style.good(style.signs.done);
    case 'failed':
      return style.bad(style.signs.failed);
    case 'cancelled':
      return style.caution(style.signs.warning);
  }
}

function renderRunning(phase: PhaseView, scenario: ScenarioView, canvas: Canvas): string {
  const { style, nowMs } = canvas;
  const elapsed = formatElapsed(nowMs - phase.sinceMs).padEnd(8);
  const detail = describePhase(phase, scenario, canvas);
  return `  ${signOf(phase, canvas)} ${style.accent(phase.phase.padEnd(9))}  ${elapsed}  ${detail}`;
}

function describePhase({ phase }: PhaseView, scenario: ScenarioView, { nowMs }: Canvas): string {
  const services = [...scenario.services.values()];
  const { script } = scenario;
  switch (phase) {
    case 'deploy':
    case 'ready':
      return services.length === 0 ? '' : countReady(services);
    case 'benchmark': {
      if (!script) return '';
      const left = formatElapsed(script.sinceMs + script.timeoutMs - nowMs);
      return `${script.script}, times out in ${left}`;
    }
    case 'stop': {
      const stopped = services.filter(({ state }) => state === 'stopped').length;
      const started = services.filter(({ attempt }) => attempt > 0).length;
      return `${stopped} of ${started} stopped`;
    }
    case 'prepare':
    case 'collect':
    case 'clean':
    case 'verify':
      return '';
  }
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

function renderTodo(phases: readonly PhaseView[], { style }: Canvas): string {
  return style.faint(`  ${style.signs.waiting} ${phases.map(({ phase }) => phase).join(', ')}`);
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
