import { formatDuration, formatElapsed } from '../../text/duration.js';
import { displayWidth, padTo, truncateTo } from '../../text/width.js';
import { type Canvas, fitLine } from './canvas.js';
import type { ServiceView } from './scenario-view.js';

const INDENT = '    ';
const WIDEST_NAME = 28;
const WIDEST_NODE = 16;
/** `59 min 59 s` */
const TIME_WIDTH = 11;
/** A terminal narrower than this has no room for the batch. */
const ROOM_FOR_BATCH = 72;

/** Of those that wait, so many are worth a line each where they are not all shown. */
const WAITING_SHOWN = 3;
/** Lines of the picture that are not for services. */
const REST_OF_PICTURE = 14;

/** How many lines the services would like to have on this terminal. */
export function countServiceLines(services: readonly ServiceView[], { height }: Canvas): number {
  const all = services.length;
  return all <= height - REST_OF_PICTURE ? all : Math.min(all, 1 + selectPressing(services).length);
}

/**
 * The services of a scenario in at most `limit` lines, batch by batch. Where they are too many, the first line counts
 * them by state, and the others show what matters most: failed ones, those on their way, the first of those that wait.
 */
export function renderServices(
  services: readonly ServiceView[],
  limit: number,
  canvas: Canvas,
): string[] {
  if (limit <= 0) return [];
  if (services.length <= limit) return renderRows(services, services, canvas);
  const pressing = selectPressing(services).slice(0, limit - 1);
  return [
    fitLine(INDENT + countStates(services, canvas), canvas),
    ...renderRows(pressing, services, canvas),
  ];
}

function selectPressing(services: readonly ServiceView[]): readonly ServiceView[] {
  const inState = (wanted: ServiceView['state']) =>
    services.filter(({ state }) => state === wanted);
  return [
    ...inState('failed'),
    ...inState('starting'),
    ...inState('stopping'),
    ...inState('waiting').slice(0, WAITING_SHOWN),
  ];
}

/** `3 of 5 ready`: how far they have come, stopped ones not counted. */
export function countReady(services: readonly ServiceView[]): string {
  const ready = services.filter(({ state }) => state === 'ready').length;
  return `${ready} of ${services.length} ready`;
}

function countStates(services: readonly ServiceView[], { style }: Canvas): string {
  const parts = (
    ['failed', 'ready', 'starting', 'waiting', 'stopping', 'stopped'] as const
  ).flatMap((state) => {
    const amount = services.filter((service) => service.state === state).length;
    if (amount === 0) return [];
    return state === 'failed' ? style.bad(`${amount} failed`) : `${amount} ${state}`;
  });
  return `${services.length} services: ${parts.join(', ')}`;
}

function renderRows(
  shown: readonly ServiceView[],
  all: readonly ServiceView[],
  canvas: Canvas,
): string[] {
  const { style } = canvas;
  const widest = (texts: readonly string[], limit: number) =>
    Math.min(limit, Math.max(0, ...texts.map(displayWidth)));
  const nameWidth = widest(
    all.map(({ id }) => id),
    WIDEST_NAME,
  );
  const nodeWidth = widest(
    all.map(({ node }) => node),
    WIDEST_NODE,
  );
  const hasBatches = canvas.width >= ROOM_FOR_BATCH && all.some(({ batch }) => batch > 1);
  const states = new Map(all.map(({ id, state }) => [id, state]));
  const cell = (text: string, width: number) =>
    padTo(truncateTo(text, width, style.signs.ellipsis), width);

  return shown.map((service) => {
    const cells = [
      `${INDENT}${signOf(service, canvas)} ${cell(service.id, nameWidth)}`,
      style.faint(cell(service.node, nodeWidth)),
      ...(hasBatches ? [style.faint(`batch ${service.batch}`)] : []),
      padTo(describeTime(service, canvas), TIME_WIDTH),
      describeNote(service, states, canvas),
    ];
    return fitLine(cells.join('  ').trimEnd(), canvas);
  });
}

function signOf({ state }: ServiceView, { style, spin }: Canvas): string {
  switch (state) {
    case 'waiting':
      return style.faint(style.signs.waiting);
    case 'starting':
    case 'stopping':
      return style.accent(spin);
    case 'ready':
      return style.good(style.signs.done);
    case 'failed':
      return style.bad(style.signs.failed);
    case 'stopped':
      return style.faint(style.signs.done);
  }
}

function describeTime({ state, sinceMs, tookMs }: ServiceView, { nowMs }: Canvas): string {
  if (state === 'waiting') return '';
  const isOnItsWay = state === 'starting' || state === 'stopping';
  return isOnItsWay ? formatElapsed(nowMs - sinceMs) : formatDuration(tookMs);
}

function describeNote(
  service: ServiceView,
  states: ReadonlyMap<string, ServiceView['state']>,
  { style }: Canvas,
): string {
  if (service.state === 'stopping' || service.state === 'stopped')
    return style.faint(service.state);
  if (service.state === 'waiting') return style.faint(describeWait(service, states));
  const attempt = service.attempt > 1 ? style.caution(`attempt ${service.attempt}`) : '';
  const note = service.state === 'failed' ? style.bad(service.note) : service.note;
  return [attempt, note].filter((part) => part !== '').join('  ');
}

function describeWait(
  { dependsOn }: ServiceView,
  states: ReadonlyMap<string, ServiceView['state']>,
): string {
  const failed = dependsOn.filter((id) => states.get(id) === 'failed');
  if (failed.length > 0) return `not started: ${failed.join(', ')} failed`;
  const open = dependsOn.filter((id) => states.get(id) !== 'ready');
  return open.length === 0 ? 'waits for its turn' : `waits for ${open.join(', ')}`;
}
