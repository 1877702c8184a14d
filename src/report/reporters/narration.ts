import type { StampedEvent, TransferProgress } from '../../model/event.js';
import { CONTROLLER } from '../../model/node.js';
import { describePlace, renderFailure, summarizeFailure } from '../failure.js';
import { summarizeLoad } from '../load/headline.js';
import { describeFacts, describeImages } from '../nodes/facts.js';
import { count } from '../text/count.js';
import { formatSeconds } from '../text/duration.js';
import { few } from '../text/listing.js';
import { nameHook } from '../text/hook-name.js';
import { toPrintableLine } from '../text/printable.js';
import { formatSize } from '../text/size.js';
import { describeResume } from '../resume.js';
import { renderStatus } from '../text/status.js';
import { plainStyle, type Style, type TextOptions } from '../text/style.js';

export interface NarrationOptions extends TextOptions {
  readonly isVerbose?: boolean;
}

/** An event in words, a line or more; none for what the others tell already. Script output is not told here. */
export function describeEvent(event: StampedEvent, options: NarrationOptions = {}): string[] {
  const { style = plainStyle, isVerbose = false } = options;
  switch (event.type) {
    case 'suite_started': {
      const on = event.nodes.length === 0 ? '' : ` on ${event.nodes.join(', ')}`;
      return [
        `run ${style.strong(event.run)}: ${count(event.scenarios.length, 'scenario')}${on}`,
        `results in ${event.results_path}`,
      ];
    }
    case 'suite_resumed':
      return describeResume(event, style);
    case 'recovered':
      return [
        `${event.node}: removed what run ${event.run} had left: ${few(event.removed).map(toPrintableLine).join(', ')}`,
      ];
    case 'node_checked':
      return describeNodeCheck(event, options);
    case 'scenario_started':
      return [describeStart(event)];
    case 'phase_started':
      return isVerbose ? ['started'] : [];
    case 'phase_finished':
      return [describePhaseEnd(event, style)];
    case 'transfer_progress':
      return [`${event.node}: ${describeTransfer(event)} so far`];
    case 'service_started': {
      const again = event.attempt > 1 ? ` again (attempt ${event.attempt})` : '';
      return [`${describePlace(event)}: starting${again}`];
    }
    case 'service_waiting':
      return [`${describePlace(event)}: not ready yet, ${toPrintableLine(event.message)}`];
    case 'service_ready':
      return [
        `${describePlace(event)}: ${style.good('ready')} after ${formatSeconds(event.duration_s)}`,
      ];
    case 'service_failed': {
      const [first = '', ...rest] = renderFailure(event.failure, options);
      const retry = event.will_retry ? style.caution(' (will be started again)') : '';
      return [`${style.bad('FAILED')} ${first}${retry}`, ...rest];
    }
    case 'service_stopped':
      return [`${describePlace(event)}: stopped after ${formatSeconds(event.duration_s)}`];
    case 'script_started': {
      const where = event.node === CONTROLLER ? 'here' : `on ${event.node}`;
      return [`${event.script} runs ${where}, for at most ${formatSeconds(event.timeout_s)}`];
    }
    case 'script_output':
      return [];
    case 'script_finished':
      return [`script ${describeScriptEnd(event, style)} after ${formatSeconds(event.duration_s)}`];
    case 'hook_started':
      return [`${describeHook(event)} runs, for at most ${formatSeconds(event.timeout_s)}`];
    case 'hook_finished':
      return describeHookEnd(event, options);
    case 'waiting':
      return [`waiting ${formatSeconds(event.duration_s)} ${toPrintableLine(event.reason)}`];
    case 'scenario_finished':
      return [describeScenarioEnd(event, style)];
    case 'suite_finished':
      return [
        `run ${style.strong(event.run)}: ${renderStatus(event.status, style)} after ${formatSeconds(event.duration_s)}`,
      ];
    case 'warning': {
      const place = describePlace({ node: event.node ?? null, service: event.service ?? null });
      const about = place === '' ? '' : `${place}: `;
      return [`${style.caution('warning')} ${about}${toPrintableLine(event.message)}`];
    }
  }
}

type Of<T extends StampedEvent['type']> = Extract<StampedEvent, { type: T }>;

function describeNodeCheck(event: Of<'node_checked'>, options: NarrationOptions = {}): string[] {
  const { style = plainStyle } = options;
  const facts = event.facts === null ? [] : describeFacts(event.facts);
  const images = describeImages(event.images);
  const about = [...facts, ...(images === '' ? [] : [images])].join(', ');
  return [
    ...(event.status === 'ok'
      ? [`${event.node}: ${style.good('fit')}${about === '' ? '' : ` (${about})`}`]
      : []),
    ...event.failures.flatMap((failure) => {
      const [first = '', ...rest] = renderFailure(failure, options);
      return [`${style.bad('UNFIT')} ${first}`, ...rest];
    }),
    ...event.warnings.map(
      (warning) => `${style.caution('warning')} ${event.node}: ${toPrintableLine(warning)}`,
    ),
  ];
}

export function describeTransfer({
  direction,
  files,
  bytes,
}: Pick<TransferProgress, 'direction' | 'files' | 'bytes'>): string {
  const did = direction === 'to_node' ? 'sent' : 'received';
  return `${did} ${formatSize(bytes)}, ${count(files, 'file')}`;
}

export function describeHook({
  point,
  hook,
  node,
}: Pick<Of<'hook_started'>, 'point' | 'hook' | 'node'>): string {
  const where = node === CONTROLLER ? '' : ` on ${node}`;
  return `${point} hook ${nameHook(toPrintableLine(hook))}${where}`;
}

/** One that does what it should takes a line; of one that does not, all is told that helps. */
function describeHookEnd(event: Of<'hook_finished'>, options: NarrationOptions): string[] {
  const { style = plainStyle, isVerbose = false } = options;
  const took = formatSeconds(event.duration_s);
  if (event.failure === null) {
    const end =
      event.status === 'ok' ? `done in ${took}` : style.caution(`cancelled after ${took}`);
    const output = isVerbose ? event.output : [];
    return [
      `${describeHook(event)}: ${end}`,
      ...output.map((line) => style.faint(`  ${style.signs.bar} ${toPrintableLine(line)}`)),
    ];
  }
  const [first = '', ...rest] = renderFailure(event.failure, options);
  const sign = event.on_error === 'fail' ? style.bad('FAILED') : style.caution('warning');
  return [`${sign} ${first}`, ...rest];
}

function describeStart(event: Of<'scenario_started'>): string {
  const facts = [count(event.services.length, 'service')];
  if (event.estimated_duration_s !== null) {
    facts.push(`about ${formatSeconds(event.estimated_duration_s)}`);
  }
  const attempt = event.attempt > 1 ? `, attempt ${event.attempt} of ${event.max_attempts}` : '';
  const description =
    event.description === '' ? '' : `: ${toPrintableLine(event.description.replaceAll('\n', ' '))}`;
  return `scenario ${event.index} of ${event.total}${attempt}${description} (${facts.join(', ')})`;
}

function describePhaseEnd(event: Of<'phase_finished'>, style: Style): string {
  const took = formatSeconds(event.duration_s);
  switch (event.status) {
    case 'ok':
      return `done in ${took}`;
    case 'failed': {
      // The rest of it is told at the end of the scenario, which may be a while.
      const why = event.failure === null ? '' : `: ${summarizeFailure(event.failure)}`;
      return `${style.bad('FAILED')} after ${took}${why}`;
    }
    case 'cancelled':
      return `${style.caution('cancelled')} after ${took}`;
  }
}

function describeScriptEnd(event: Of<'script_finished'>, style: Style): string {
  if (event.signal !== null) return style.bad(`was killed by ${event.signal}`);
  if (event.exit_code === 0) return style.good('exited with status 0');
  return event.exit_code === null
    ? style.bad('ended')
    : style.bad(`exited with status ${event.exit_code}`);
}

function describeScenarioEnd(event: Of<'scenario_finished'>, style: Style): string {
  const status = renderStatus(event.status, style);
  if (event.kept_from !== undefined) return `${status}: kept from run ${event.kept_from}`;
  if (event.status === 'skipped') {
    return event.reason === null ? status : `${status}: ${toPrintableLine(event.reason)}`;
  }
  const load = summarizeLoad(event.metrics);
  const why = event.failure === null ? load : summarizeFailure(event.failure);
  return `${status} after ${formatSeconds(event.duration_s)}${why === '' ? '' : `: ${why}`}`;
}
