import { type Replay, createReplay } from '../../../async/replay.js';
import { createDeferred } from '../../../async/deferred.js';
import type { ServiceEvent, ServiceExit } from '../../backend.js';
import { KILLED, describeContainerExit } from './container-exit.js';
import type { ContainerState } from './container-state.js';
import type { DockerEvent } from './docker-event.js';

/** What has happened to one start of a service. It may have several containers: it is healthy when all of them are. */
export interface History {
  readonly containers: readonly string[];
  readonly events: Replay<ServiceEvent>;
  /** Resolves with its end: that of the first container that ends. */
  readonly ended: Promise<unknown>;
  readonly hasEnded: () => boolean;
  /** What the event stream says. */
  take(event: DockerEvent): void;
  /** What docker says when asked; `null`: it does not know the container. */
  sync(container: string, state: ContainerState | null): void;
  end(exit: ServiceExit): void;
}

/** A start and the event of it are not noted at the very same moment. */
const SAME_START_MS = 2_000;

/**
 * @param since Events before it are of an earlier start, ms since the epoch by the node's clock.
 * @param inspect Asks docker for what an event does not say; `null` where the container is gone.
 */
export function createHistory(
  containers: readonly string[],
  since: number,
  inspect: (container: string) => Promise<ContainerState | null>,
  mask: (text: string) => string,
): History {
  const events = createReplay<ServiceEvent>();
  const ended = createDeferred<undefined>();
  const healthy = new Set<string>();
  const outOfMemory = new Set<string>();
  const startedAt = new Map<string, number>();
  let isHealthy = false;
  let hasEnded = false;
  // What needs to be asked about takes a moment; what happened afterwards is told afterwards.
  let queue: Promise<unknown> = Promise.resolve();

  const end = (exit: ServiceExit) => {
    if (hasEnded) return;
    hasEnded = true;
    events.push({ type: 'exited', exit });
    events.end();
    ended.resolve(undefined);
  };
  const setHealthy = (container: string) => {
    healthy.add(container);
    if (isHealthy || healthy.size < containers.length) return;
    isHealthy = true;
    events.push({ type: 'healthy' });
  };
  const complain = (message: string) => {
    events.push({ type: 'unhealthy', message: mask(message) });
  };
  const setUnhealthy = (container: string, message: string) => {
    healthy.delete(container);
    isHealthy = false;
    complain(message);
  };

  const handle = async ({ container, action, exitCode, atMs }: DockerEvent) => {
    if (hasEnded) return;
    switch (action) {
      case 'start':
        startedAt.set(container, atMs);
        break;
      case 'healthy':
        setHealthy(container);
        break;
      case 'unhealthy':
        setUnhealthy(
          container,
          (await inspect(container))?.complaint ?? 'its health check keeps failing',
        );
        break;
      case 'oom':
        outOfMemory.add(container);
        complain('out of memory: the kernel has killed one of its processes');
        break;
      case 'pause':
        setUnhealthy(container, 'paused by `docker pause`');
        break;
      case 'unpause': {
        const state = await inspect(container);
        if (state?.health === 'healthy') setHealthy(container);
        break;
      }
      case 'die': {
        const isUnclear = exitCode === KILLED && !outOfMemory.has(container);
        const isOutOfMemory = isUnclear
          ? (await inspect(container))?.isOutOfMemory === true
          : outOfMemory.has(container) && exitCode === KILLED;
        end(describeContainerExit(exitCode, isOutOfMemory));
        break;
      }
      case 'destroy':
        end({ exitCode: null, signal: null, isLost: false, description: 'removed' });
        break;
    }
  };

  return {
    containers,
    events,
    ended: ended.promise,
    hasEnded: () => hasEnded,
    end,
    take(event) {
      if (event.atMs < since) return;
      queue = queue.then(() => handle(event));
    },
    sync(container, state) {
      if (state === null) {
        end({ exitCode: null, signal: null, isLost: false, description: 'removed' });
        return;
      }
      const begin = startedAt.get(container) ?? state.startedAtMs;
      const isAnotherStart =
        begin !== null &&
        state.startedAtMs !== null &&
        Math.abs(state.startedAtMs - begin) > SAME_START_MS;
      if (state.status === 'exited' || state.status === 'dead') {
        end(describeContainerExit(state.exitCode, state.isOutOfMemory));
      } else if (state.restarts > 0 || state.status === 'restarting' || isAnotherStart) {
        const { description, ...exit } = describeContainerExit(null, false);
        const how = `${description} and was started again by its restart policy`;
        end({ ...exit, description: how });
      } else if (state.health === 'healthy') {
        setHealthy(container);
      } else if (state.health === 'unhealthy') {
        setUnhealthy(container, state.complaint);
      } else if (state.status === 'paused') {
        setUnhealthy(container, 'paused by `docker pause`');
      }
    },
  };
}
