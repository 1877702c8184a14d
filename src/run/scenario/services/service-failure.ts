import type { ServiceExit } from '../../../deploy/backend.js';
import { createFailure, type Failure } from '../../../model/failure.js';
import type { ServiceSpec } from '../../../model/service.js';

/** How many of its last log lines go with the failure of a service. */
export const LAST_LINES = 20;

export function exitedBeforeReady(
  service: ServiceSpec,
  exit: ServiceExit,
  output: readonly string[],
): Failure {
  if (exit.isLost) return lost(service, exit);
  return createFailure('service_exited', `${exit.description} before it was ready`, {
    ...placeOf(service),
    output,
    hint: hintFor(exit) ?? (output.length === 0 ? 'it wrote no log: look at its command' : null),
  });
}

export function crashed(
  service: ServiceSpec,
  exit: ServiceExit,
  output: readonly string[],
): Failure {
  if (exit.isLost) return lost(service, exit);
  return createFailure('service_crashed', `${exit.description} although it was needed`, {
    ...placeOf(service),
    output,
    hint: hintFor(exit),
  });
}

/** Of a service that was to go on: one that ends well may be meant to. */
function hintFor({ exitCode }: ServiceExit): string | null {
  return exitCode === 0
    ? 'where it is to end when its work is done, another one depends on it with `condition: service_completed_successfully`'
    : null;
}

export function notReadyInTime(
  service: ServiceSpec,
  observation: string | null,
  output: readonly string[],
): Failure {
  const limit = service.readiness.timeoutMs / 1000;
  const seen = observation === null ? '' : `; last seen: ${observation}`;
  return createFailure('service_not_ready', `not ready within ${limit} s${seen}`, {
    ...placeOf(service),
    output,
    hint: 'give it longer with health_check.timeout, or look into its log',
  });
}

export function deploymentTimedOut(service: ServiceSpec, timeoutMs: number): Failure {
  return createFailure(
    'deployment_timeout',
    `not ready when deployment_timeout (${timeoutMs / 1000} s) ran out`,
    { ...placeOf(service), hint: 'raise concurrent_deployment.deployment_timeout' },
  );
}

export function givenUp(service: ServiceSpec): Failure {
  return createFailure(
    'dependency_failed',
    'given up: another service of the scenario has crashed',
    placeOf(service),
  );
}

export function dependencyFailed(
  service: ServiceSpec,
  dependency: string,
  cause: Failure,
): Failure {
  return createFailure('dependency_failed', `not started: it needs ${dependency}, which failed`, {
    ...placeOf(service),
    cause,
  });
}

function lost(service: ServiceSpec, exit: ServiceExit): Failure {
  return createFailure('connection_lost', exit.description, placeOf(service));
}

function placeOf({ id, node, source }: ServiceSpec) {
  return { node, service: id, source };
}
