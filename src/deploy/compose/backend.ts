import { type Clock, systemClock } from '../../async/clock.js';
import type { ConnectionPool } from '../../remote/pool/pool.js';
import { type Redactor, createRedactor } from '../../remote/redaction.js';
import type { Deployment, DeploymentBackend, RunningService } from '../backend.js';
import { readImageIds } from './create/images.js';
import { followLines, readLastLines, saveLogFile } from './logs.js';
import { projectName } from './names.js';
import { createProject, type Project } from './project.js';
import { createDetection } from './runtime/check.js';
import { listLeftovers } from './teardown.js';
import type { History } from './watch/history.js';

export interface ComposeBackendOptions {
  readonly pool: ConnectionPool;
  /** For the pauses while a daemon is away, and for limits. */
  readonly clock?: Clock;
  /** Keeps secrets out of what is shown or saved of logs. */
  readonly redactor?: Redactor;
}

/**
 * Runs services as containers, with Docker Compose V1 or V2. Compose only makes containers, ahead of their turn; they
 * are started, watched and removed with docker itself, which is faster and the same everywhere. Where V1 does part of its
 * work only in a container's turn, it is done then: `create/turns.ts`.
 */
export function createComposeBackend(options: ComposeBackendOptions): DeploymentBackend {
  const { pool, clock = systemClock, redactor = createRedactor([]) } = options;
  const detect = createDetection(pool);
  const projects = new Map<string, Project>();
  const histories = new WeakMap<RunningService, History>();

  const projectOf = (deployment: Deployment): Project => {
    const name = projectName(deployment);
    let project = projects.get(name);
    if (!project) {
      project = createProject({ pool, clock, detect, mask: redactor.text, deployment });
      projects.set(name, project);
    }
    return project;
  };
  const historyOf = async (running: RunningService): Promise<History> => {
    let history = histories.get(running);
    if (!history) {
      history = await projectOf(running.deployment).attach(running.service);
      histories.set(running, history);
    }
    return history;
  };
  const forget = (deployment: Deployment) => projects.delete(projectName(deployment));

  return {
    runtime: 'docker',

    async check(node, signal) {
      const detected = await detect(node, signal);
      return detected.ok ? [] : [detected.failure];
    },

    prepare: (deployment, signal, services = []) => projectOf(deployment).prepare(services, signal),

    imageIds: (node, images, signal) => readImageIds(pool, node, images, signal),

    async up(deployment, service, signal) {
      const started = await projectOf(deployment).start(service, signal);
      if (!started.ok) return started;
      const history = started.value;
      const running = { service, deployment, description: describe(history.containers) };
      histories.set(running, history);
      return { ok: true, value: running };
    },

    async *watch(running, signal) {
      const history = await historyOf(running);
      yield* history.events.read(signal);
    },

    followLog(running, signal) {
      const history = () => historyOf(running);
      return followLines({ pool, clock, redactor, history }, running, signal);
    },
    lastLines: (running, count) => readLastLines(pool, running, redactor, count),
    saveLog: (running, to, signal) => saveLogFile(pool, running, redactor, clock, to, signal),

    down: (running) =>
      projectOf(running.deployment).stop(running.service, histories.get(running) ?? null),

    async finish(deployment) {
      const removed = await projectOf(deployment).remove('stopped');
      if (removed.ok) forget(deployment);
      return removed;
    },

    leftovers: (deployment) => listLeftovers(pool, deployment),

    async purge(deployment) {
      const removed = await projectOf(deployment).remove('force');
      if (removed.ok) forget(deployment);
      return removed;
    },
  };
}

const LENGTH_OF_ID = 12;

function describe(containers: readonly string[]): string {
  const ids = containers.map((id) => id.slice(0, LENGTH_OF_ID)).join(', ');
  return `${containers.length === 1 ? 'container' : 'containers'} ${ids}`;
}
