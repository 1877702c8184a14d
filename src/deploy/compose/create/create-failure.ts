import { createFailure, type Failure } from '../../../model/failure.js';
import type { ServiceSpec } from '../../../model/service.js';

const CONFLICT = /The container name "\/?([^"]+)" is already in use by container "?([0-9a-f]+)/;
/** How V1 says which service it was. */
const OF_SERVICE = /for service "?([A-Za-z0-9._-]+)"?[: ]/;
const LENGTH_OF_ID = 12;

/** A container of somebody else that has the name that one of ours should get. */
export interface NameConflict {
  readonly name: string;
  readonly container: string;
}

function findNameConflict(output: readonly string[]): NameConflict | null {
  for (const line of output) {
    const [, name, container] = CONFLICT.exec(line) ?? [];
    if (name !== undefined && container !== undefined) {
      return { name, container: container.slice(0, LENGTH_OF_ID) };
    }
  }
  return null;
}

/**
 * Gives a failure of compose its kind and, where compose says so, its service.
 *
 * @param services Those that were to be created.
 */
export function classifyCreate(failure: Failure, services: readonly ServiceSpec[]): Failure {
  if (failure.kind !== 'service_start') return failure;
  const text = failure.output.join('\n');
  const named = OF_SERVICE.exec(text)?.[1];
  const [only, ...others] = services;
  const culprit =
    services.find(({ name }) => name === named) ?? (others.length === 0 ? only : undefined);
  const place = {
    ...(culprit ? { service: culprit.id, source: culprit.source } : {}),
    node: failure.node,
    output: failure.output,
  };
  const conflict = findNameConflict(failure.output);
  if (conflict) {
    const { name, container } = conflict;
    return createFailure(
      'name_taken',
      `the container name ${name} is taken by container ${container}, which is not ours`,
      {
        ...place,
        hint: `rename \`container_name\`, or look what it is: docker ps -a --filter name=${name}`,
      },
    );
  }
  if (/no space left on device/i.test(text)) {
    return createFailure('disk_full', failure.message, {
      ...place,
      hint: 'free some space: docker system df',
    });
  }
  return { ...failure, ...place, message: withReason(failure) };
}

/** Of compose that only reads its files: what it says of them is the same the next time. */
export function asRefusal(failure: Failure): Failure {
  return failure.kind === 'service_start' && failure.output.length > 0
    ? { ...failure, kind: 'compose_refused' }
    : failure;
}

/** How V1 says that it takes no notice of `network_mode: service:…` and the like. */
const APART =
  /Service (\S+) is trying to use reuse the (.+) of another service that is not running/;

/** A container that should share something with another one, and does not. */
export function findApart(
  output: readonly string[],
  services: readonly ServiceSpec[],
): Failure | null {
  const [, other, what] =
    output.map((line) => APART.exec(line) ?? []).find(([found]) => found) ?? [];
  if (other === undefined || what === undefined) return null;
  const message = `it uses the ${what} of ${other}, which does not run any more`;
  const [only, ...others] = services;
  const place = only && others.length === 0 ? { service: only.id, source: only.source } : {};
  return createFailure('service_start', message, { ...place, output });
}

/** V1 repeats itself and ends with a line that says nothing. */
const NO_REASON = 'Encountered errors while bringing up the project';
const PREAMBLE =
  /^(?:(?:ERROR: for \S+\s+|ERROR: |Cannot create container for service \S+: |Error response from daemon: ))*/;

function withReason({ message, output }: Failure): string {
  const last = output.at(-1);
  const reason = output.findLast((line) => !line.startsWith(NO_REASON))?.replace(PREAMBLE, '');
  return last === undefined || reason === undefined ? message : message.replace(last, reason);
}
