import { type Deadline, startDeadline } from '../../../async/deadline.js';
import type { Failure } from '../../../model/failure.js';
import type { Runtime } from '../../../model/node.js';
import type { Dependency, ServiceSpec } from '../../../model/service.js';
import { formatDuration } from '../../../report/text/duration.js';
import { type Attempt, backendOf, deploymentOn, placeOf } from '../attempt.js';
import { enter } from '../entries.js';
import { inSeconds, recordOf } from '../../events.js';
import { recordImages } from '../inputs.js';
import { cancelled } from '../../interruption.js';
import { IMAGE_PULL, isWorthAnotherPull } from '../../retry-policy.js';
import { withRetries } from '../../retry.js';
import { type Task, type Wait, schedule } from '../services/scheduler.js';
import { bringUp } from '../services/bring-up.js';
import { dependencyFailed, deploymentTimedOut, givenUp } from '../services/service-failure.js';
import { stopServices } from './stop.js';

/**
 * Brings every service of the scenario up, each as soon as its dependencies allow. Deploy and ready are one piece of
 * work: a service may start while others, that it does not need, are not ready yet.
 *
 * @param allStarted Called once the last service was started (or has failed): from then on there is only waiting.
 */
export async function deployServices(
  attempt: Attempt,
  allStarted: () => void,
): Promise<readonly Failure[]> {
  const { scenario } = attempt.plan;
  const { deploymentTimeoutMs } = scenario.concurrentDeployment;
  const { serviceLevelRetries, retryDelayMs, retryOnlyFailed } = scenario.retryStrategy;
  // Images of inference engines take longer to come than services to start: that has limits of its own.
  const unprepared = await prepareBackends(attempt);
  if (unprepared.length > 0) return unprepared;
  await recordImages(attempt);
  const deadline = startDeadline(
    attempt.context.clock,
    deploymentTimeoutMs,
    attempt.signal,
    attempt.crashes.signal,
  );
  try {
    const rounds = retryOnlyFailed ? 1 : serviceLevelRetries + 1;
    for (let round = 1; ; round += 1) {
      const failures = await bringUpAll(attempt, deadline, allStarted);
      if (failures.length === 0 || round === rounds || deadline.signal.aborted) return failures;
      const left = await stopServices(attempt);
      if (left.length > 0) {
        attempt.setbacks.push(...left);
        return failures;
      }
      attempt.context.emit({
        type: 'waiting',
        scenario: scenario.name,
        duration_s: inSeconds(retryDelayMs),
        reason: `before all services are started again (${round + 1} of ${rounds})`,
      });
      await attempt.context.clock.sleep(retryDelayMs, deadline.signal);
    }
  } finally {
    deadline.clear();
  }
}

/** Once per node, before its first service. */
async function prepareBackends(attempt: Attempt): Promise<readonly Failure[]> {
  const { context, plan, crashes } = attempt;
  const { services } = plan.scenario;
  const nodes = new Map(services.map(({ node, runtime }) => [node, runtime]));
  const entered = await enterProjects(attempt, nodes);
  if (entered.length > 0) return entered;
  // A node may be lost to us meanwhile.
  const stop = startDeadline(context.clock, Infinity, attempt.signal, crashes.signal);
  const { signal } = stop;
  const outcomes = await Promise.all(
    [...nodes].map(([node, runtime]) =>
      withRetries(
        () =>
          backendOf(attempt, runtime).prepare(
            deploymentOn(attempt, placeOf(attempt, node)),
            signal,
            services.filter((service) => service.node === node),
          ),
        {
          clock: context.clock,
          backoff: IMAGE_PULL,
          // Only containers need something from elsewhere.
          isWorthIt: (kind) => runtime === 'docker' && isWorthAnotherPull(kind),
          signal,
          onRetry: ({ message }, pauseMs) =>
            context.emit({
              type: 'warning',
              scenario: plan.scenario.name,
              node,
              message: `${message}; tried again in ${formatDuration(pauseMs)}`,
            }),
        },
      ),
    ),
  );
  stop.clear();
  const failures = outcomes.flatMap((outcome) => (outcome.ok ? [] : [outcome.failure]));
  return crashFirst(attempt, failures);
}

/** Containers are made ahead of their services' turns, and networks belong to none of them. */
async function enterProjects(
  attempt: Attempt,
  nodes: ReadonlyMap<string, Runtime>,
): Promise<readonly Failure[]> {
  const withContainers = [...nodes].filter(([, runtime]) => runtime === 'docker');
  const outcomes = await Promise.all(
    withContainers.map(([node]) =>
      enter(attempt, { node, kind: 'project', description: 'containers and networks' }),
    ),
  );
  return outcomes.flatMap((outcome) => (outcome.ok ? [] : [outcome.failure]));
}

/** A crash is why the others were given up. */
async function crashFirst(
  { crashes }: Attempt,
  failures: readonly Failure[],
): Promise<readonly Failure[]> {
  const crash = await crashes.first();
  return crash ? [crash, ...failures] : failures;
}

async function bringUpAll(
  attempt: Attempt,
  deadline: Deadline,
  allStarted: () => void,
): Promise<readonly Failure[]> {
  const { scenario } = attempt.plan;
  const { deploymentTimeoutMs, maxConcurrentServices } = scenario.concurrentDeployment;
  const inOrder = new Set<Failure>();
  const notStarted = new Set(scenario.services.map(({ id }) => id));
  const countDown = (id: string) => {
    if (notStarted.delete(id) && notStarted.size === 0) allStarted();
  };
  const abandoned = (service: ServiceSpec): Failure => {
    if (attempt.signal.aborted) return cancelled(attempt.signal.reason);
    return attempt.crashes.signal.aborted
      ? givenUp(service)
      : deploymentTimedOut(service, deploymentTimeoutMs);
  };

  const results = await schedule<Failure>(tasksOf(attempt), {
    maxConcurrent: maxConcurrentServices,
    signal: deadline.signal,
    bringUp: async (id, started) => {
      const failure = await bringUp(
        attempt,
        attempt.graph.service(id),
        deadline.signal,
        abandoned,
        () => {
          started();
          countDown(id);
        },
      );
      if (failure) {
        inOrder.add(failure);
        countDown(id);
      }
      return failure;
    },
    blockedBy: (id, dependency, cause) => {
      countDown(id);
      if (cause.kind === 'cancelled') return cause;
      const service = attempt.graph.service(id);
      const failure = dependencyFailed(service, dependency, cause);
      attempt.context.emit({
        type: 'service_failed',
        scenario: scenario.name,
        node: service.node,
        service: id,
        failure: recordOf(failure),
        will_retry: false,
      });
      return failure;
    },
    abandoned: (id) => {
      countDown(id);
      return abandoned(attempt.graph.service(id));
    },
  });
  if (attempt.crashes.signal.aborted) return crashFirst(attempt, [...inOrder]);
  // Those that could not start because of others come last: they are no first cause.
  for (const failure of results.values()) if (failure) inOrder.add(failure);
  return [...inOrder];
}

function tasksOf(attempt: Attempt): readonly Task[] {
  const { services, concurrentDeployment } = attempt.plan.scenario;
  const isBatched = concurrentDeployment.scheduling === 'batch';
  const before = new Map<string, readonly string[]>();
  attempt.plan.batches.forEach((batch, index) => {
    for (const id of batch) before.set(id, attempt.plan.batches[index - 1] ?? []);
  });
  return services.map(({ id, dependsOn }) => ({
    id,
    waitsFor: [
      ...dependsOn.map(waitFor),
      ...(isBatched ? (before.get(id) ?? []).map(settled) : []),
    ],
  }));
}

function waitFor({ service, condition, required }: Dependency): Wait {
  return {
    id: service,
    until: condition === 'service_started' ? 'started' : 'ready',
    isRequired: required,
  };
}

function settled(id: string): Wait {
  return { id, until: 'settled', isRequired: false };
}
