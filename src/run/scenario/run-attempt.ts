import type { HookPoint } from '../../model/hook.js';
import type { Attempt } from './attempt.js';
import { callFailureHooks, callScenarioHooks } from '../hooks/scenario-hooks.js';
import { cancelled } from '../interruption.js';
import { confirmLeases } from './losses.js';
import { benchmark } from './phases/benchmark.js';
import { removeFolders } from './phases/clean.js';
import { collect } from './phases/collect.js';
import { deployServices } from './phases/deploy.js';
import { finishDeployments } from './phases/finish.js';
import { beginPhase, runFinalPhase, runPhase, runTeardownPhase } from './phases/phase.js';
import { prepare } from './phases/prepare.js';
import { stopServices } from './phases/stop.js';
import { verify } from './phases/verify.js';

/**
 * Takes one scenario through its phases once. Whatever happens, what was made is collected, stopped, cleaned and
 * verified, in this order; the failures are in `attempt.failures`, the first cause first.
 */
export async function runAttempt(attempt: Attempt): Promise<void> {
  const goesOn = () => attempt.failures.length === 0;
  try {
    await hooksAt(attempt, 'before_scenario');
    if (goesOn() && !attempt.signal.aborted) {
      await runPhase(attempt, 'prepare', () => prepare(attempt));
    }
    if (goesOn() && !attempt.signal.aborted) await deployAndWait(attempt);
    if (goesOn() && !attempt.signal.aborted) await hooksAt(attempt, 'after_ready');
    if (goesOn() && !attempt.signal.aborted) {
      await runPhase(attempt, 'benchmark', () => benchmark(attempt));
    }
    if (attempt.hasScriptRun && !attempt.signal.aborted) await hooksAt(attempt, 'after_benchmark');
    if (goesOn() && attempt.signal.aborted) attempt.failures.push(cancelled(attempt.signal.reason));
  } finally {
    // Also after a bug: the nodes must be clean whoever is to blame.
    await windUp(attempt);
  }
}

async function deployAndWait(attempt: Attempt): Promise<void> {
  const { services } = attempt.plan.scenario;
  const deploying = beginPhase(attempt, 'deploy');
  if (services.length === 0) {
    deploying.finish([]);
    await runPhase(attempt, 'ready', () => Promise.resolve([]));
    return;
  }
  const begun = [deploying];
  const failures = await deployServices(attempt, () => {
    // A second round of starts belongs to the phase that is under way.
    if (begun.length > 1) return;
    deploying.finish([]);
    begun.push(beginPhase(attempt, 'ready'));
  });
  begun.at(-1)?.finish(failures);
}

async function hooksAt(attempt: Attempt, point: HookPoint): Promise<void> {
  attempt.failures.push(...(await callScenarioHooks(attempt, point)));
}

async function windUp(attempt: Attempt): Promise<void> {
  const steps = [
    () => confirmLeases(attempt),
    // Now, that there is still something to look at.
    () => callFailureHooks(attempt),
    ...(attempt.places.size > 0 ? clearingOf(attempt) : []),
    () => callFailureHooks(attempt),
  ];
  const bugs: unknown[] = [];
  for (const step of steps) await step().catch((error: unknown) => bugs.push(error));
  if (bugs.length > 0) throw bugs[0];
}

function clearingOf(attempt: Attempt): readonly (() => Promise<void>)[] {
  return [
    () => runFinalPhase(attempt, 'collect', () => collect(attempt)),
    () => confirmLeases(attempt),
    ...(attempt.services.size > 0
      ? [() => runTeardownPhase(attempt, 'stop', () => stopServices(attempt))]
      : []),
    () =>
      runTeardownPhase(attempt, 'clean', async () => {
        await finishDeployments(attempt);
        return removeFolders(attempt);
      }),
    () => runFinalPhase(attempt, 'verify', () => verify(attempt)),
  ];
}
