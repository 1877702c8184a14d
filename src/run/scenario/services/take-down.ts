import { startDeadline } from '../../../async/deadline.js';
import { createFailure, type Failure } from '../../../model/failure.js';
import type { Attempt } from '../attempt.js';
import type { ServiceRun } from './service-run.js';

/** What removing a service may take on top of its own stop grace period. */
const REMOVAL_MS = 60_000;

/** Stops one service and strikes it off once it is gone. Does not look at the user's signal: this has to happen. */
export async function takeDown(attempt: Attempt, run: ServiceRun): Promise<Failure | null> {
  const { service, backend, running } = run;
  run.isStopping = true;
  // What could not be started has cleaned up after itself: that is the contract of `up`, and for `verify` to prove.
  if (!running) return null;
  const grace = (service.process ?? service.container)?.stopGracePeriodMs ?? 0;
  const deadline = startDeadline(attempt.context.clock, grace + REMOVAL_MS);
  const late = new Promise<Failure>((resolve) => {
    deadline.signal.addEventListener('abort', () =>
      resolve(leftBehind(run, `not stopped within ${(grace + REMOVAL_MS) / 1000} s`)),
    );
  });
  const stopped = backend
    .down(running)
    .then((outcome) =>
      outcome.ok ? null : leftBehind(run, 'could not be stopped', outcome.failure),
    );
  const failure = await Promise.race([stopped, late]);
  deadline.clear();
  run.unwatch();
  if (failure === null) {
    run.strike?.();
    run.strike = null;
  }
  return failure;
}

function leftBehind({ service, running }: ServiceRun, message: string, cause?: Failure): Failure {
  return createFailure('left_behind', `${running?.description ?? service.id}: ${message}`, {
    node: service.node,
    service: service.id,
    cause: cause ?? null,
  });
}
