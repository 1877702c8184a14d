import type { NodeSpec } from '../../../model/node.js';
import { isConnectionFault, pauseBeforeMs, RECOVERY } from '../../retry-policy.js';
import type { CheckContext } from '../check-node.js';
import type { NodeCheck } from '../findings.js';
import { describeRestart, restartDocker } from './restart-docker.js';

export interface RecoveryOptions extends Pick<CheckContext, 'pool' | 'clock' | 'signal'> {
  /** Looks at the node again. */
  readonly check: (node: NodeSpec) => Promise<NodeCheck>;
  /** Tells the user what is done. */
  readonly tell: (node: NodeSpec, message: string) => void;
  /** Whether a node that cannot be reached is waited for. */
  readonly mayWait: boolean;
}

/** Tries to mend a node that is unfit: dials it again, starts its Docker again. @returns What it is like afterwards. */
export async function recoverNode(unfit: NodeCheck, options: RecoveryOptions): Promise<NodeCheck> {
  const reached = options.mayWait ? await dialAgain(unfit, options) : unfit;
  return mayHaveStopped(reached) ? startDocker(reached, options) : reached;
}

async function dialAgain(
  unfit: NodeCheck,
  { clock, signal, check, tell }: RecoveryOptions,
): Promise<NodeCheck> {
  let latest = unfit;
  for (let retry = 1; retry <= RECOVERY.retries; retry += 1) {
    if (!latest.problems.some(({ failure }) => isConnectionFault(failure.kind))) return latest;
    const pauseMs = pauseBeforeMs(RECOVERY, retry, Math.random());
    const seconds = Math.round(pauseMs / 100) / 10;
    tell(
      unfit.node,
      `cannot be reached: asked again in ${seconds} s (${retry} of ${RECOVERY.retries})`,
    );
    await clock.sleep(pauseMs, signal);
    if (signal.aborted) return latest;
    latest = await check(unfit.node);
  }
  return latest;
}

function mayHaveStopped({ node, isReachable, problems }: NodeCheck): boolean {
  const hasNoRuntime = problems.some(({ failure }) => failure.kind === 'runtime_missing');
  return node.runtime === 'docker' && isReachable && hasNoRuntime;
}

async function startDocker(
  unfit: NodeCheck,
  { pool, signal, check, tell }: RecoveryOptions,
): Promise<NodeCheck> {
  const { node } = unfit;
  const restarted = await pool.use(node, (connection) => restartDocker(connection, signal), {
    signal,
  });
  if (!restarted.ok) return unfit;
  const message = describeRestart(restarted.value);
  if (message !== null) tell(node, message);
  return restarted.value.result === 'started' ? check(node) : unfit;
}
