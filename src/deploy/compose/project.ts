import type { Clock } from '../../async/clock.js';
import { createFailure, type Failure, type Outcome } from '../../model/failure.js';
import type { ServiceSpec } from '../../model/service.js';
import type { ConnectionPool } from '../../remote/pool/pool.js';
import type { Deployment } from '../backend.js';
import { containersCommand } from './commands.js';
import { createContainers, type Made, type MadeServices } from './create/create.js';
import { linesOf, runOnNode } from './run-on.js';
import type { Detect } from './runtime/check.js';
import { isOutdated } from './start/start-failure.js';
import { explainStart, startContainers } from './start/start.js';
import { removeProject, removeService } from './teardown.js';
import { createEventHub } from './watch/event-hub.js';
import type { History } from './watch/history.js';

export interface ProjectOptions {
  readonly pool: ConnectionPool;
  readonly clock: Clock;
  readonly detect: Detect;
  readonly mask: (text: string) => string;
  readonly deployment: Deployment;
}

/** A deployment as a compose project. */
export interface Project {
  /** Makes the containers of services ahead of their turn, with all that they need. */
  prepare(services: readonly ServiceSpec[], signal: AbortSignal): Promise<Outcome<void>>;
  start(service: ServiceSpec, signal: AbortSignal): Promise<Outcome<History>>;
  /** What happens to a service that somebody else has started. */
  attach(service: ServiceSpec): Promise<History>;
  /** @param history Of the start that is to be ended, where it is known. */
  stop(service: ServiceSpec, history: History | null): Promise<Outcome<void>>;
  remove(how: 'force' | 'stopped'): Promise<Outcome<void>>;
}

/** The end of a container is told before docker says that it was stopped, if not much. */
const TOLD_MS = 2_000;
const ANSWER_MS = 60_000;

export function createProject(options: ProjectOptions): Project {
  const { pool, clock, detect, mask, deployment } = options;
  const hub = createEventHub(pool, clock, deployment, mask);
  /** Made, but never started. */
  const waiting = new Map<string, Made>();
  let last: Promise<unknown> = Promise.resolve();

  /** Two composes at work on one project would make its networks twice. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };
  const create = (services: readonly ServiceSpec[], isAhead: boolean, signal: AbortSignal) =>
    inTurn(() => createContainers({ pool, detect, deployment, services, isAhead, signal }));

  const createOne = async (service: ServiceSpec, signal: AbortSignal): Promise<Outcome<Made>> => {
    const created = await create([service], false, signal);
    return created.ok ? madeOf(created.value, service) : created;
  };
  const startOnce = async (
    service: ServiceSpec,
    { containers, start }: Made,
    signal: AbortSignal,
  ): Promise<Outcome<History>> => {
    // Listening before it starts, so that nothing is missed.
    const history = hub.expect(containers);
    const started = await startContainers(pool, deployment, service, start, signal);
    if (started.ok) return { ok: true, value: history };
    history.end(NOT_STARTED);
    return started;
  };

  return {
    async prepare(services, signal) {
      if (services.length === 0) {
        const detected = await detect(deployment.node, signal);
        return detected.ok ? { ok: true, value: undefined } : detected;
      }
      const created = await create(services, true, signal);
      if (!created.ok) {
        // The first cause is what counts; what cannot be removed shows when the node is verified.
        await removeProject(pool, deployment, 'force');
        return created;
      }
      for (const [id, made] of created.value) waiting.set(id, made);
      return { ok: true, value: undefined };
    },

    async start(service, signal) {
      if (signal.aborted) return { ok: false, failure: cancelled(service) };
      const ahead = waiting.get(service.id);
      waiting.delete(service.id);
      let outcome: Outcome<History> | null = null;
      if (ahead) {
        outcome = await startOnce(service, ahead, signal);
        if (outcome.ok) return outcome;
      }
      if (outcome === null || isOutdated(outcome.failure.output)) {
        const created = await createOne(service, signal);
        outcome = created.ok ? await startOnce(service, created.value, signal) : created;
        if (outcome.ok) return outcome;
      }
      const failure = await explainStart(pool, deployment, service, outcome.failure);
      await removeService(pool, deployment, service, 'discard');
      return { ok: false, failure: { ...failure, service: service.id } };
    },

    async attach(service) {
      const listed = await runOnNode(
        pool,
        deployment.node,
        containersCommand(deployment, service),
        {
          place: { node: deployment.node.name, service: service.id },
          what: 'its containers could not be listed',
          kind: 'service_start',
          timeoutMs: ANSWER_MS,
        },
      );
      if (listed.ok) return hub.attach(linesOf(listed.value.stdout));
      const history = hub.expect([]);
      history.end({ ...NOT_STARTED, isLost: true, description: listed.failure.message });
      return history;
    },

    async stop(service, history) {
      const removed = await removeService(pool, deployment, service, 'stop');
      if (!removed.ok) return removed;
      waiting.delete(service.id);
      if (history && !history.hasEnded()) {
        const told = new AbortController();
        void history.ended.then(() => told.abort());
        await clock.sleep(TOLD_MS, told.signal);
        history.end({ ...NOT_STARTED, description: 'stopped' });
      }
      return removed;
    },

    async remove(how) {
      waiting.clear();
      return inTurn(() => removeProject(pool, deployment, how));
    },
  };
}

const NOT_STARTED = {
  exitCode: null,
  signal: null,
  isLost: false,
  description: 'could not be started',
};

function madeOf(created: MadeServices, service: ServiceSpec): Outcome<Made> {
  const made = created.get(service.id);
  if (made) return { ok: true, value: made };
  const failure: Failure = createFailure('service_start', 'compose made no container for it', {
    node: service.node,
    service: service.id,
    source: service.source,
    hint: 'is it scaled to 0?',
  });
  return { ok: false, failure };
}

function cancelled({ id, node }: ServiceSpec): Failure {
  return createFailure('cancelled', 'its start was cancelled', { node, service: id });
}
