import type { HookFinished, NodeChecked, ScenarioFinished, Warning } from '../../../model/event.js';
import { renderFailure, summarizeFailure } from '../../failure.js';
import { summarizeLoad } from '../../load/headline.js';
import { formatSeconds } from '../../text/duration.js';
import { toPrintableLine } from '../../text/printable.js';
import { renderStatus, renderStatusSign } from '../../text/status.js';
import type { Style } from '../../text/style.js';
import { padTo } from '../../text/width.js';
import { describeWarning } from '../../warning.js';

/** `59 min 59 s` */
const TIME_WIDTH = 11;

/** What stays on the screen of a scenario that has ended: how it went, in one line. */
export function renderScenarioLine(
  event: ScenarioFinished,
  nameWidth: number,
  style: Style,
): string {
  const took = event.status === 'skipped' ? style.signs.none : formatSeconds(event.duration_s);
  const cells = [
    `${renderStatusSign(event.status, style)} ${style.strong(padTo(event.scenario, nameWidth))}`,
    style.faint(padTo(took, TIME_WIDTH)),
    describeEnd(event, style),
  ];
  return cells.join('  ').trimEnd();
}

export function renderWarning(event: Warning, style: Style): string {
  const { scenario = null, node = null, service = null } = event;
  const told = describeWarning({ scenario, node, service }, toPrintableLine(event.message));
  return `${style.caution(style.signs.warning)} ${told}`;
}

/** Of a node that is as it should be, nothing has to stay. */
export function renderNodeCheck(event: NodeChecked, style: Style): string[] {
  return [
    ...event.failures.flatMap((failure) => {
      const [first = '', ...rest] = renderFailure(failure, { style });
      return [`${style.bad(style.signs.failed)} ${first}`, ...rest];
    }),
    ...event.warnings.map(
      (warning) =>
        `${style.caution(style.signs.warning)} ${event.node}: ${toPrintableLine(warning)}`,
    ),
  ];
}

/** Of a hook that did what it should, nothing has to stay. */
export function renderHookEnd(event: HookFinished, style: Style): string[] {
  if (event.failure === null) return [];
  const [first = '', ...rest] = renderFailure(event.failure, { style });
  const about = event.scenario === undefined ? '' : `${event.scenario}: `;
  const sign =
    event.on_error === 'fail' ? style.bad(style.signs.failed) : style.caution(style.signs.warning);
  return [`${sign} ${about}${first}`, ...rest];
}

function describeEnd(event: ScenarioFinished, style: Style): string {
  const attempts = event.attempts > 1 ? style.caution(` (attempt ${event.attempts})`) : '';
  if (event.status === 'completed') {
    const kept =
      event.kept_from === undefined ? '' : style.faint(` (kept from ${event.kept_from})`);
    return (summarizeLoad(event.metrics) || 'completed') + attempts + kept;
  }
  const why = event.reason ?? (event.failure === null ? null : summarizeFailure(event.failure));
  const because = why === null ? '' : `: ${toPrintableLine(why)}`;
  return `${renderStatus(event.status, style)}${attempts}${because}`;
}
