import type { Failure } from '../../model/failure.js';
import type { Phase } from '../../model/plan.js';
import type { Attempt } from '../attempt.js';
import { inSeconds } from '../events.js';

/** Tells when a phase begins and how it ends, and takes its failures down. */
export interface PhaseReport {
  readonly finish: (failures: readonly Failure[]) => void;
}

export function beginPhase(attempt: Attempt, phase: Phase): PhaseReport {
  const { clock, emit } = attempt.context;
  const scenario = attempt.plan.scenario.name;
  const begin = clock.monotonic();
  emit({ type: 'phase_started', scenario, phase });
  return {
    finish(failures) {
      const duration_s = inSeconds(clock.monotonic() - begin);
      attempt.failures.push(...failures);
      attempt.phaseTimes.push({ phase, duration_s });
      const [first] = failures;
      const status = !first ? 'ok' : first.kind === 'cancelled' ? 'cancelled' : 'failed';
      emit({ type: 'phase_finished', scenario, phase, status, duration_s });
    },
  };
}

/** Runs a whole phase. */
export async function runPhase(
  attempt: Attempt,
  phase: Phase,
  work: () => Promise<readonly Failure[]>,
): Promise<boolean> {
  const report = beginPhase(attempt, phase);
  const failures = await work();
  report.finish(failures);
  return failures.length === 0;
}

/**
 * Runs a phase of the winding up. Its failures are rarely the scenario's first cause, so each is told here: otherwise
 * nobody would hear what is left on which node.
 */
export async function runFinalPhase(
  attempt: Attempt,
  phase: Phase,
  work: () => Promise<readonly Failure[]>,
): Promise<void> {
  const report = beginPhase(attempt, phase);
  const failures = await work();
  const isFirstCause = (failure: Failure) => [...attempt.failures, ...failures][0] === failure;
  for (const failure of failures) if (!isFirstCause(failure)) warnOf(attempt, failure);
  report.finish(failures);
}

function warnOf({ context, plan }: Attempt, { node, service, message, hint }: Failure): void {
  context.emit({
    type: 'warning',
    scenario: plan.scenario.name,
    ...(node === null ? {} : { node }),
    ...(service === null ? {} : { service }),
    message: hint === null ? message : `${message} (${hint})`,
  });
}
