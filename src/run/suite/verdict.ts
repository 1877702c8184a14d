import { ExitCode } from '../../model/exit-code.js';
import type { Failure, FailureKind } from '../../model/failure.js';
import type { ScenarioStatus, SuiteSummary } from '../../model/result.js';
import type { InterruptionCode } from '../interruption.js';

/** From best to worst. */
const STATUSES: readonly ScenarioStatus[] = [
  'completed',
  'skipped',
  'invalid',
  'failed',
  'cancelled',
  'interrupted',
];

export function worstOf(statuses: readonly ScenarioStatus[]): ScenarioStatus {
  return statuses.reduce<ScenarioStatus>(
    (worst, status) => (STATUSES.indexOf(status) > STATUSES.indexOf(worst) ? status : worst),
    'completed',
  );
}

/** How a run ended that was stopped when it had said already how it went. */
export function stoppedLate(summary: SuiteSummary, exitCode: number): SuiteSummary {
  const { status, exit_code } = summary;
  const code = exit_code === ExitCode.leftBehind ? exit_code : exitCode;
  return { ...summary, status: worstOf([status, 'cancelled']), exit_code: code };
}

/** What kind of trouble a failure is to the caller of the process. */
export function exitCodeOf(kind: FailureKind): ExitCode {
  switch (kind) {
    case 'unreachable':
    case 'authentication':
    case 'host_key':
    case 'connection_lost':
    case 'runtime_missing':
    case 'resources_missing':
    case 'node_in_use':
    case 'lease_failed':
    case 'lease_lost':
    case 'image_missing':
    case 'transfer':
    case 'disk_full':
    case 'result_path_in_use':
      return ExitCode.node;
    case 'left_behind':
      return ExitCode.leftBehind;
    case 'locked':
      return ExitCode.locked;
    case 'cancelled':
      return ExitCode.interrupted;
    case 'service_start':
    case 'compose_refused':
    case 'service_exited':
    case 'service_not_ready':
    case 'dependency_failed':
    case 'deployment_timeout':
    case 'port_taken':
    case 'name_taken':
    case 'script_start':
    case 'script_failed':
    case 'script_killed':
    case 'script_timed_out':
    case 'service_crashed':
    case 'requests_failed':
    case 'hook_failed':
    case 'result_missing':
    case 'result_refused':
      return ExitCode.scenarioFailed;
  }
}

/** A lost connection behind a service that was left behind is a node's trouble too. */
export function kindsOf(failure: Failure): FailureKind[] {
  return failure.cause ? [failure.kind, ...kindsOf(failure.cause)] : [failure.kind];
}

/**
 * The one exit code for a whole suite: of several, the first of 4, 130/143, 3, 1.
 *
 * @param interruption The code of what stopped the run from outside, if anything did.
 * @param hasRun Some scenario was begun: that others have a node by now is this node's trouble, and no reason to believe
 *   that nothing was done.
 */
export function suiteExitCode(
  kinds: readonly FailureKind[],
  statuses: readonly ScenarioStatus[],
  interruption: InterruptionCode | undefined,
  hasRun = true,
): ExitCode {
  const codes = new Set(kinds.map(exitCodeOf));
  if (codes.has(ExitCode.leftBehind)) return ExitCode.leftBehind;
  if (interruption !== undefined) return interruption;
  if (codes.has(ExitCode.locked)) return hasRun ? ExitCode.node : ExitCode.locked;
  if (codes.has(ExitCode.node)) return ExitCode.node;
  if (codes.has(ExitCode.scenarioFailed)) return ExitCode.scenarioFailed;
  return statuses.some((status) => status === 'failed' || status === 'invalid')
    ? ExitCode.scenarioFailed
    : ExitCode.ok;
}
