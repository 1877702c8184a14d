import type { TransferProgress } from '../../../model/event.js';
import { describeTransfer } from '../narration.js';
import { formatDuration, formatElapsed } from '../../text/duration.js';
import { type Canvas, fitLine } from './canvas.js';
import type { PhaseView, ScenarioView } from './scenario-view.js';
import { countReady } from './service-rows.js';

/** The phases that are over: a line each, or all in one. */
export function renderDone(phases: readonly PhaseView[], limit: number, canvas: Canvas): string[] {
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

export function renderRunning(phase: PhaseView, scenario: ScenarioView, canvas: Canvas): string {
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
      const open = services.filter(({ state }) => state === 'stopping').length;
      return `${stopped} of ${stopped + open} stopped`;
    }
    case 'prepare':
    case 'collect':
      return describeTransfers([...scenario.transfers.values()]);
    case 'clean':
    case 'verify':
      return '';
  }
}

/** Of all nodes together. */
function describeTransfers(transfers: readonly TransferProgress[]): string {
  const [first] = transfers;
  if (!first) return '';
  const files = transfers.reduce((sum, each) => sum + each.files, 0);
  const bytes = transfers.reduce((sum, each) => sum + each.bytes, 0);
  return describeTransfer({ direction: first.direction, files, bytes });
}

export function renderTodo(phases: readonly PhaseView[], { style }: Canvas): string {
  return style.faint(`  ${style.signs.waiting} ${phases.map(({ phase }) => phase).join(', ')}`);
}
