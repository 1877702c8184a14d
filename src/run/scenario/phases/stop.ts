import type { Failure } from '../../../model/failure.js';
import type { Attempt } from '../attempt.js';
import { inSeconds } from '../../events.js';
import { takeDown } from '../services/take-down.js';

/** Stops every service that was started, dependents before what they depend on, otherwise all at once. */
export async function stopServices(attempt: Attempt): Promise<readonly Failure[]> {
  const stopped = new Map<string, Promise<Failure | null>>();
  const stop = (id: string): Promise<Failure | null> => {
    const known = stopped.get(id);
    if (known) return known;
    const promise = stopAfterDependents(attempt, id, stop);
    stopped.set(id, promise);
    return promise;
  };
  const failures = await Promise.all([...attempt.services.keys()].map(stop));
  return failures.filter((failure) => failure !== null);
}

async function stopAfterDependents(
  attempt: Attempt,
  id: string,
  stop: (id: string) => Promise<Failure | null>,
): Promise<Failure | null> {
  await Promise.all(attempt.graph.dependentsOf(id).map(stop));
  const run = attempt.services.get(id);
  if (!run) return null;
  const { clock, emit } = attempt.context;
  const begin = clock.monotonic();
  const wasRunning = run.running !== null;
  const failure = await takeDown(attempt, run);
  if (failure === null && wasRunning) {
    emit({
      type: 'service_stopped',
      scenario: attempt.plan.scenario.name,
      node: run.service.node,
      service: id,
      duration_s: inSeconds(clock.monotonic() - begin),
    });
  }
  return failure;
}
