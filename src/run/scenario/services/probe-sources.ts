import type { HealthEvent } from '../../../readiness/container.js';
import { createProbe } from '../../../readiness/create-probe.js';
import type { ReadinessProbe } from '../../../readiness/probe.js';
import type { CommandResult } from '../../../model/command.js';
import type { DeploymentBackend, RunningService } from '../../../deploy/backend.js';
import { type Attempt, placeOf } from '../attempt.js';

/** The probe of a service that was started, connected to what it looks at. */
export function probeFor(
  attempt: Attempt,
  backend: DeploymentBackend,
  running: RunningService,
): ReadinessProbe {
  const { service } = running;
  const { context } = attempt;
  const place = placeOf(attempt, service.node);
  return createProbe(service.readiness, {
    clock: context.clock,
    limit: attempt.limitHealthChecks,
    run: async (argv, signal) => {
      const lent = await context.pool.use(
        place.node,
        (connection) =>
          connection.exec({ argv, cwd: place.workingFolder }, { signal, graceMs: 1_000 }),
        { signal },
      );
      return lent.ok ? lent.value : notConnected(lent.failure.message);
    },
    followLog: (signal) => backend.followLog(running, signal),
    watchHealth: (signal) => healthOf(backend, running, signal),
  });
}

async function* healthOf(
  backend: DeploymentBackend,
  running: RunningService,
  signal: AbortSignal,
): AsyncGenerator<HealthEvent> {
  for await (const event of backend.watch(running, signal)) {
    if (event.type !== 'exited') yield event;
  }
}

function notConnected(reason: string): CommandResult {
  const nothing = Buffer.alloc(0);
  return {
    termination: 'connection-lost',
    reason,
    stdout: nothing,
    stderr: nothing,
    durationMs: 0,
  };
}
