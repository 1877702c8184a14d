import type { Attempt } from './attempt.js';
import { cancelled } from './interruption.js';
import { benchmark } from './phases/benchmark.js';
import { removeFolders } from './phases/clean.js';
import { collect } from './phases/collect.js';
import { deployServices } from './phases/deploy.js';
import { finishDeployments } from './phases/finish.js';
import { beginPhase, runFinalPhase, runPhase } from './phases/phase.js';
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
    await runPhase(attempt, 'prepare', () => prepare(attempt));
    if (goesOn() && !attempt.signal.aborted) await deployAndWait(attempt);
    if (goesOn() && !attempt.signal.aborted) {
      await runPhase(attempt, 'benchmark', () => benchmark(attempt));
    }
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

async function windUp(attempt: Attempt): Promise<void> {
  if (attempt.places.size === 0) return;
  await runFinalPhase(attempt, 'collect', () => collect(attempt));
  if (attempt.services.size > 0) await runFinalPhase(attempt, 'stop', () => stopServices(attempt));
  await runFinalPhase(attempt, 'clean', async () => {
    await finishDeployments(attempt);
    return removeFolders(attempt);
  });
  await runFinalPhase(attempt, 'verify', () => verify(attempt));
}
