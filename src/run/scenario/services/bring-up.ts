import { aborted } from '../../../async/abort.js';
import { type Deadline, startDeadline } from '../../../async/deadline.js';
import type { RunningService, ServiceExit } from '../../../deploy/backend.js';
import type { Failure } from '../../../model/failure.js';
import type { ServiceSpec } from '../../../model/service.js';
import { serviceLogPath } from '../../../results/layout.js';
import { type Attempt, backendOf, deploymentOn, placeOf } from '../attempt.js';
import { enter } from '../entries.js';
import { inSeconds, recordOf } from '../../events.js';
import {
  isConnectionFault,
  isWorthAnotherStart,
  pauseBeforeMs,
  REDIAL,
} from '../../retry-policy.js';
import { findStranger } from './port-check.js';
import { probeFor } from './probe-sources.js';
import { LAST_LINES, crashed, exitedBeforeReady, notReadyInTime } from './service-failure.js';
import type { ServiceRun } from './service-run.js';
import { saveLogAs } from './service-log.js';
import { takeDown } from './take-down.js';
import { watchExit } from './watch.js';

/**
 * Starts a service and waits until it is ready, again as often as its retries allow.
 *
 * @param signal Ends the attempt to bring it up; `abandoned` tells what that means.
 * @param started Called each time it was started.
 */
export async function bringUp(
  attempt: Attempt,
  service: ServiceSpec,
  signal: AbortSignal,
  abandoned: (service: ServiceSpec) => Failure,
  started: () => void,
): Promise<Failure | null> {
  const { clock, emit } = attempt.context;
  const { name: scenario, retryStrategy } = attempt.plan.scenario;
  const retries = retryStrategy.retryOnlyFailed ? retryStrategy.serviceLevelRetries : 0;
  const run = enlist(attempt, service);
  const isOver = () => signal.aborted;
  const about = { scenario, node: service.node, service: service.id };

  for (;;) {
    run.starts += 1;
    emit({ type: 'service_started', ...about, attempt: run.starts });
    const begin = clock.monotonic();
    const failure = await startOnce(attempt, run, signal, abandoned, started);
    if (failure === null) {
      run.isReady = true;
      reportCrashes(attempt, run);
      const duration_s = inSeconds(clock.monotonic() - begin);
      emit({ type: 'service_ready', ...about, duration_s });
      return null;
    }

    const willRetry = run.starts <= retries && isWorthAnotherStart(failure.kind) && !isOver();
    if (failure.kind !== 'cancelled') {
      emit({
        type: 'service_failed',
        ...about,
        failure: recordOf(failure),
        will_retry: willRetry,
      });
    }
    if (!willRetry) return failure;

    const log = serviceLogPath(
      attempt.resultFolder,
      service.node,
      `${service.id}.start-${run.starts}`,
    );
    const unsaved = await saveLogAs(run, log, signal);
    // What it said is collected with everything else then.
    if (isOver()) return abandoned(service);
    if (unsaved) emit({ type: 'warning', ...about, message: unsaved.message });
    const left = await takeDown(attempt, run);
    if (left) {
      // It cannot be started again beside itself.
      attempt.setbacks.push(left);
      return failure;
    }
    // The configured delay is for services that fail; a node that was not reached is dialled again sooner.
    const pauseMs = isConnectionFault(failure.kind)
      ? pauseBeforeMs(REDIAL, run.starts, Math.random())
      : retryStrategy.retryDelayMs;
    emit({
      type: 'waiting',
      scenario,
      service: service.id,
      duration_s: inSeconds(pauseMs),
      reason: `before start ${run.starts + 1} of ${service.id}`,
    });
    await clock.sleep(pauseMs, signal);
    if (isOver()) return abandoned(service);
  }
}

function enlist(attempt: Attempt, service: ServiceSpec): ServiceRun {
  const run: ServiceRun = {
    service,
    backend: backendOf(attempt, service.runtime),
    running: null,
    exited: Promise.resolve(null),
    isStopping: false,
    isReady: false,
    starts: 0,
    unwatch: () => undefined,
    strike: null,
  };
  attempt.services.set(service.id, run);
  return run;
}

async function startOnce(
  attempt: Attempt,
  run: ServiceRun,
  signal: AbortSignal,
  abandoned: (service: ServiceSpec) => Failure,
  started: () => void,
): Promise<Failure | null> {
  const { service, backend } = run;
  const place = placeOf(attempt, service.node);
  run.isStopping = false;
  run.running = null;
  const stranger = await findStranger(attempt, service, signal);
  if (stranger) return stranger;
  const entered = await enterService(attempt, run);
  if (entered) return entered;
  const up = await backend.up(deploymentOn(attempt, place), service, signal);
  if (!up.ok) return signal.aborted ? abandoned(service) : up.failure;
  const running = up.value;
  watch(attempt, run, running);
  started();

  const deadline = startDeadline(attempt.context.clock, service.readiness.timeoutMs, signal);
  try {
    return await untilReady(attempt, run, running, deadline, abandoned);
  } finally {
    deadline.clear();
  }
}

/** What did not start, and was not proven gone, is in there already. */
async function enterService(attempt: Attempt, run: ServiceRun): Promise<Failure | null> {
  if (run.strike !== null) return null;
  const { node, id } = run.service;
  const entered = await enter(attempt, { node, kind: 'service', description: `service ${id}` });
  if (!entered.ok) return entered.failure;
  run.strike = entered.value;
  return null;
}

function watch(attempt: Attempt, run: ServiceRun, running: RunningService): void {
  const { service, backend } = run;
  const watching = new AbortController();
  run.running = running;
  run.unwatch = () => watching.abort();
  run.exited = watchExit(backend, running, watching.signal, (message) => {
    // Before it is ready this is what readiness waits out; the probe shows it.
    if (!run.isReady) return;
    attempt.context.emit({
      type: 'warning',
      scenario: attempt.plan.scenario.name,
      node: service.node,
      service: service.id,
      message: `unhealthy: ${message}`,
    });
  });
}

type Event =
  | { readonly type: 'ready' }
  | { readonly type: 'aborted' }
  | { readonly type: 'exited'; readonly exit: ServiceExit };

async function untilReady(
  attempt: Attempt,
  run: ServiceRun,
  running: RunningService,
  deadline: Deadline,
  abandoned: (service: ServiceSpec) => Failure,
): Promise<Failure | null> {
  const { service, backend } = run;
  let observation: string | null = null;
  const observe = (seen: string) => {
    if (seen === observation) return;
    observation = seen;
    attempt.context.emit({
      type: 'service_waiting',
      scenario: attempt.plan.scenario.name,
      node: service.node,
      service: service.id,
      message: seen,
    });
  };

  const probing = new AbortController();
  const stopProbing = () => probing.abort();
  deadline.signal.addEventListener('abort', stopProbing, { once: true });
  const ended = run.exited.then((exit): Event =>
    exit ? { type: 'exited', exit } : { type: 'aborted' },
  );
  const probed = service.isOneShot
    ? aborted(deadline.signal).then((): Event => ({ type: 'aborted' }))
    : probeFor(attempt, backend, running)
        .wait(probing.signal, observe)
        .then((isReady): Event => ({ type: isReady ? 'ready' : 'aborted' }));
  const event = await Promise.race([ended, probed]);
  deadline.signal.removeEventListener('abort', stopProbing);
  stopProbing();
  const lastLines = () => backend.lastLines(running, LAST_LINES);

  switch (event.type) {
    case 'ready':
      return null;
    case 'exited':
      if (service.isOneShot && event.exit.exitCode === 0) return null;
      return exitedBeforeReady(service, event.exit, await lastLines());
    case 'aborted':
      return deadline.expired()
        ? notReadyInTime(service, observation, await lastLines())
        : abandoned(service);
  }
}

/** From ready on, an end that nobody asked for is a crash. */
function reportCrashes(attempt: Attempt, run: ServiceRun): void {
  const { service, backend, running } = run;
  if (service.isOneShot || !running) return;
  void run.exited.then((exit) => {
    if (exit === null || run.isStopping) return;
    attempt.crashes.report(async () => {
      const failure = crashed(service, exit, await backend.lastLines(running, LAST_LINES));
      attempt.context.emit({
        type: 'service_failed',
        scenario: attempt.plan.scenario.name,
        node: service.node,
        service: service.id,
        failure: recordOf(failure),
        will_retry: false,
      });
      return failure;
    });
  });
}
