import { type Clock, systemClock } from '../../async/clock.js';
import { type Replay, createReplay } from '../../async/replay.js';
import type { HealthCheck, ProcessSpec, ServiceSpec } from '../../model/service.js';
import type { ConnectionPool } from '../../remote/pool/pool.js';
import { type Redactor, createRedactor } from '../../remote/redaction.js';
import type { DeploymentBackend, RunningService, ServiceEvent } from '../backend.js';
import { findProblems, prepareDeployment } from './check.js';
import { healthCommand, logPath } from './commands.js';
import { judgeCheck } from './health-check.js';
import { type CheckResult, monitorHealth } from './health-monitor.js';
import { type LogSource, followLines, readLastLines, saveLogFile } from './logs.js';
import { type StartedService, startService } from './start.js';
import { listLeftovers, purgeDeployment, stopRecorded } from './teardown.js';

export interface ProcessBackendOptions {
  readonly pool: ConnectionPool;
  /** For health checks and limits. */
  readonly clock?: Clock;
  /** Keeps secrets out of what is shown or saved of logs. */
  readonly redactor?: Redactor;
}

/** What this process knows of a service that it started itself. */
interface Attended {
  readonly started: StartedService;
  readonly events: Replay<ServiceEvent>;
  /** Ends its health checks; resolves when none is under way. */
  readonly leave: () => Promise<void>;
}

/** Runs services as plain processes: one per service, in a process group of its own. */
export function createProcessBackend(options: ProcessBackendOptions): DeploymentBackend {
  const { pool, clock = systemClock, redactor = createRedactor([]) } = options;
  const attended = new WeakMap<RunningService, Attended>();

  const attend = (
    running: RunningService,
    spec: ProcessSpec,
    started: StartedService,
  ): Attended => {
    const events = createReplay<ServiceEvent>();
    const { healthCheck: check } = spec;
    const leaving = new AbortController();
    let monitored = Promise.resolve();
    if (check) {
      const run = (signal: AbortSignal) => runCheck(pool, running, spec, check, redactor, signal);
      const onEvent = (event: ServiceEvent) => events.push(event);
      monitored = monitorHealth({ check, clock, run, onEvent, signal: leaving.signal });
    }
    const leave = () => {
      leaving.abort();
      return monitored;
    };
    void started.exited.then((exit) => {
      void leave();
      events.push({ type: 'exited', exit });
      events.end();
    });
    return { started, events, leave };
  };
  const logOf = (running: RunningService): LogSource => ({
    pool,
    node: running.deployment.node,
    path: logPath(running.deployment, running.service),
    offset: attended.get(running)?.started.logOffset ?? 0,
    redactor,
    clock,
  });

  return {
    runtime: 'process',
    check: (node, signal) => findProblems(pool, node, signal),
    prepare: (deployment, signal) => prepareDeployment(pool, deployment, signal),
    // A process has no image.
    imageIds: () => Promise.resolve({ ok: true, value: new Map() }),

    async up(deployment, service, signal) {
      const spec = specOf(service);
      const outcome = await startService(pool, deployment, service, spec, signal);
      if (!outcome.ok) return outcome;
      const description = `process group ${outcome.value.processGroup}`;
      const running: RunningService = { service, deployment, description };
      attended.set(running, attend(running, spec, outcome.value));
      return { ok: true, value: running };
    },

    watch: (running, signal) =>
      (attended.get(running)?.events ?? unattendedEvents(running)).read(signal),
    followLog: (running, signal) =>
      followLines(
        logOf(running),
        attended.get(running)?.started.ended ?? Promise.resolve(),
        signal,
      ),
    lastLines: (running, count) => readLastLines(logOf(running), count),
    saveLog: (running, to, signal) => saveLogFile(logOf(running), to, signal),

    async down(running) {
      const { deployment, service } = running;
      const own = attended.get(running);
      let isGone = false;
      if (own) {
        own.started.stop();
        [isGone] = await Promise.all([own.started.ended, own.leave()]);
      }
      // Asked also where it was stopped from here: what the node says is the proof.
      const how = isGone ? 'confirm' : 'stop';
      return stopRecorded(pool, deployment, service, specOf(service), how);
    },

    // A process shares nothing that would be left when it is gone.
    finish: () => Promise.resolve({ ok: true, value: undefined }),
    leftovers: (deployment) => listLeftovers(pool, deployment),
    purge: (deployment) => purgeDeployment(pool, deployment),
  };
}

function specOf({ id, process }: ServiceSpec): ProcessSpec {
  if (!process) throw new Error(`${id} is no service for the runtime process`);
  return process;
}

async function runCheck(
  pool: ConnectionPool,
  { deployment, service }: RunningService,
  spec: ProcessSpec,
  check: HealthCheck,
  redactor: Redactor,
  signal: AbortSignal,
): Promise<CheckResult> {
  const command = healthCommand(deployment, service, spec, check);
  const { timeoutMs } = check;
  const ended = await pool.use(deployment.node, (connection) =>
    connection.exec(command, { signal, timeoutMs, stopSignal: 'SIGKILL', graceMs: 0 }),
  );
  const result = judgeCheck(ended, check);
  return result.isHealthy ? result : { ...result, message: redactor.text(result.message) };
}

/** Of a service that another process started: nobody here can say how it ends. */
function unattendedEvents({ service }: RunningService): Replay<ServiceEvent> {
  const description = `${service.id} was started by another run of playbook`;
  const events = createReplay<ServiceEvent>();
  events.push({
    type: 'exited',
    exit: { exitCode: null, signal: null, isLost: true, description },
  });
  events.end();
  return events;
}
