import type {
  PhaseFinished,
  ScenarioStarted,
  ServiceFailed,
  StampedEvent,
  TransferProgress,
  Waiting,
} from '../../../model/event.js';
import { PHASES, type Phase } from '../../../model/plan.js';
import type { FailureRecord } from '../../../model/result.js';
import { formatSeconds } from '../../text/duration.js';
import { toPrintableLine } from '../../text/printable.js';
import { type OutputTail, createOutputTail } from './output-tail.js';

/** One try of one scenario, as the live display shows it. */
export interface ScenarioView {
  readonly name: string;
  readonly index: number;
  readonly total: number;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly estimatedMs: number | null;
  /** When its first try began. */
  readonly startedAtMs: number;
  readonly phases: readonly PhaseView[];
  /** By id, batch by batch. */
  readonly services: ReadonlyMap<string, ServiceView>;
  readonly output: OutputTail;
  /** How far the running phase is with copying, by node. */
  readonly transfers: Map<string, TransferProgress>;
  script: ScriptView | null;
  pause: Pause | null;
  /** Those that are final, the first cause first. */
  readonly failures: FailureRecord[];
}

export interface PhaseView {
  readonly phase: Phase;
  state: 'waiting' | 'running' | 'ok' | 'failed' | 'cancelled';
  sinceMs: number;
  tookMs: number;
}

export interface ServiceView {
  readonly id: string;
  readonly node: string;
  /** 1-based. */
  readonly batch: number;
  readonly dependsOn: readonly string[];
  state: 'waiting' | 'starting' | 'ready' | 'failed' | 'stopping' | 'stopped';
  /** 1-based; 0 before the first. */
  attempt: number;
  sinceMs: number;
  tookMs: number;
  /** What is seen of it while it is not ready, or why it is started again. */
  note: string;
  /** Why its last start has failed; empty where none has. */
  lastFailure: string;
}

export interface ScriptView {
  readonly script: string;
  readonly node: string;
  readonly timeoutMs: number;
  readonly sinceMs: number;
}

/** Nothing happens on purpose. */
export interface Pause {
  readonly reason: string;
  readonly sinceMs: number;
  readonly lengthMs: number;
}

/** @param before The try before this one, whose start the elapsed time counts from. */
export function beginAttempt(
  event: ScenarioStarted,
  atMs: number,
  before: ScenarioView | null,
): ScenarioView {
  const services = [...event.services].sort((a, b) => a.batch - b.batch);
  return {
    name: event.scenario,
    index: event.index,
    total: event.total,
    attempt: event.attempt,
    maxAttempts: event.max_attempts,
    estimatedMs: event.estimated_duration_s === null ? null : event.estimated_duration_s * 1000,
    startedAtMs: before?.name === event.scenario ? before.startedAtMs : atMs,
    phases: PHASES.map((phase) => ({ phase, state: 'waiting', sinceMs: atMs, tookMs: 0 })),
    services: new Map(
      services.map(({ service, node, batch, depends_on }) => [
        service,
        {
          id: service,
          node,
          batch,
          dependsOn: depends_on,
          state: 'waiting',
          attempt: 0,
          sinceMs: atMs,
          tookMs: 0,
          note: '',
          lastFailure: '',
        },
      ]),
    ),
    output: createOutputTail(),
    transfers: new Map(),
    script: null,
    pause: null,
    failures: [],
  };
}

/** Takes an event about this scenario into its view. */
export function applyToScenario(view: ScenarioView, event: StampedEvent, atMs: number): void {
  switch (event.type) {
    case 'phase_started':
      view.transfers.clear();
      updatePhase(view, event.phase, { state: 'running', sinceMs: atMs });
      if (event.phase === 'stop') beginStopping(view, atMs);
      return;
    case 'phase_finished':
      updatePhase(view, event.phase, { state: event.status, tookMs: event.duration_s * 1000 });
      applyPhaseFailure(view, event);
      return;
    case 'transfer_progress':
      view.transfers.set(event.node, event);
      return;
    case 'service_started':
      view.pause = null;
      updateService(view, event.service, {
        state: 'starting',
        attempt: event.attempt,
        sinceMs: atMs,
        note: '',
      });
      return;
    case 'service_waiting':
      updateService(view, event.service, { note: toPrintableLine(event.message) });
      return;
    case 'service_ready':
      updateService(view, event.service, {
        state: 'ready',
        tookMs: event.duration_s * 1000,
        note: '',
      });
      return;
    case 'service_failed':
      applyServiceFailure(view, event, atMs);
      return;
    case 'service_stopped':
      updateService(view, event.service, { state: 'stopped', tookMs: event.duration_s * 1000 });
      return;
    case 'script_started':
      view.script = {
        script: event.script,
        node: event.node,
        timeoutMs: event.timeout_s * 1000,
        sinceMs: atMs,
      };
      return;
    case 'script_output':
      view.output.add(event.text);
      return;
    case 'waiting':
      applyPause(view, event, atMs);
      return;
    case 'script_finished':
    case 'hook_started':
    case 'hook_finished':
    case 'warning':
    case 'suite_started':
    case 'suite_resumed':
    case 'recovered':
    case 'node_checked':
    case 'scenario_started':
    case 'scenario_finished':
    case 'suite_finished':
      return;
  }
}

/** What could not be stopped or removed in the ordinary way may be gone all the same when `verify` looks. */
function applyPhaseFailure(view: ScenarioView, { phase, status, failure }: PhaseFinished): void {
  if (status !== 'failed' || failure === null || phase === 'stop' || phase === 'clean') return;
  if (view.failures.length === 0) view.failures.push(failure);
}

/** All that runs is stopped at once, but for what others still need. */
function beginStopping({ services }: ScenarioView, atMs: number): void {
  for (const service of services.values()) {
    if (service.state !== 'ready' && service.state !== 'starting') continue;
    service.state = 'stopping';
    service.sinceMs = atMs;
  }
}

function applyServiceFailure(view: ScenarioView, event: ServiceFailed, atMs: number): void {
  const service = view.services.get(event.service);
  if (!event.will_retry) view.failures.push(event.failure);
  if (!service) return;
  service.tookMs = atMs - service.sinceMs;
  service.state = event.will_retry ? 'starting' : 'failed';
  service.lastFailure = toPrintableLine(event.failure.message);
  service.note = event.will_retry ? `will retry: ${service.lastFailure}` : service.lastFailure;
}

/** A pause of one service is shown beside it, one of the whole scenario in its title. */
function applyPause(view: ScenarioView, event: Waiting, atMs: number): void {
  if (event.service === undefined) {
    view.pause = { reason: event.reason, sinceMs: atMs, lengthMs: event.duration_s * 1000 };
    return;
  }
  const service = view.services.get(event.service);
  if (!service) return;
  service.note = `retry in ${formatSeconds(event.duration_s)}: ${service.lastFailure}`;
}

function updatePhase(view: ScenarioView, phase: Phase, change: Partial<PhaseView>): void {
  const found = view.phases.find((each) => each.phase === phase);
  if (found) Object.assign(found, change);
}

function updateService(view: ScenarioView, id: string, change: Partial<ServiceView>): void {
  const found = view.services.get(id);
  if (found) Object.assign(found, change);
}
