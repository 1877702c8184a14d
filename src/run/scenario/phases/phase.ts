import type { Failure } from '../../../model/failure.js';
import type { Phase } from '../../../model/plan.js';
import type { Attempt } from '../attempt.js';
import { inSeconds, recordOf } from '../../events.js';
import { cancelled } from '../../interruption.js';

/** Tells when a phase begins and how it ends, and takes its failures down. */
export interface PhaseReport {
  readonly finish: (failures: readonly Failure[]) => void;
}

/** @param into What takes its failures down. */
export function beginPhase(
  attempt: Attempt,
  phase: Phase,
  into: Failure[] = attempt.failures,
): PhaseReport {
  const { clock, emit } = attempt.context;
  const scenario = attempt.plan.scenario.name;
  const begin = clock.monotonic();
  emit({ type: 'phase_started', scenario, phase });
  return {
    finish(failures) {
      const duration_s = inSeconds(clock.monotonic() - begin);
      const told = failures.map((failure) => inWordsOfSignal(attempt, failure));
      into.push(...told);
      attempt.phaseTimes.push({ phase, duration_s });
      const [first] = told;
      const status = !first ? 'ok' : first.kind === 'cancelled' ? 'cancelled' : 'failed';
      const failure = first ? recordOf(first) : null;
      emit({ type: 'phase_finished', scenario, phase, status, duration_s, failure });
    },
  };
}

/** What was cut off says so in its own words; what the user wants to know is by what. */
function inWordsOfSignal({ signal }: Attempt, failure: Failure): Failure {
  const isCutOff = failure.kind === 'cancelled' && signal.aborted;
  return isCutOff ? { ...cancelled(signal.reason), node: failure.node } : failure;
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
 * Runs a phase that stops or removes something. What it does not manage is told here, and only counts if something is
 * left when `verify` looks.
 */
export async function runTeardownPhase(
  attempt: Attempt,
  phase: Phase,
  work: () => Promise<readonly Failure[]>,
): Promise<void> {
  const report = beginPhase(attempt, phase, attempt.setbacks);
  const setbacks = await work();
  for (const setback of setbacks) warnOf(attempt, setback);
  report.finish(setbacks);
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
