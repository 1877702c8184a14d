import { createFailure, type Failure } from '../../../model/failure.js';
import type { ServiceSpec } from '../../../model/service.js';

/** What docker prints before it says what is the matter. */
const PREAMBLE =
  /^(?:Error response from daemon: )?(?:(?:failed to create (?:shim )?task(?: for container)?|OCI runtime create failed|runc create failed|unable to start container process): )*/;
/** Docker's own summary, which names only ids. */
const SUMMARY = /^Error: failed to start containers?:/;
const PORT_IN_USE = /port is already allocated|address already in use/;
const PORT = /(?:Bind for |listen (?:tcp|udp|sctp)[46]? |bind host port (?:for )?)(?:\S*?):(\d+)\b/;

/** What V1 says around the words of docker. */
const FROM_V1 = /^ERROR: for \S+\s+Cannot (?:start|create) (?:container for )?service \S+: (.*)/;

/** What compose V1 said, without what it says itself; anything else as it is. */
export function inDockersWords(output: readonly string[]): readonly string[] {
  const said = output.flatMap((line) => FROM_V1.exec(line)?.[1] ?? []);
  return said.length > 0 ? said : output;
}

/** What a container that was created before leans on is another one by now. */
export function isOutdated(output: readonly string[]): boolean {
  return output.some((line) =>
    /cannot join (?:network|IPC|PID)|No such container|network \S+ not found/i.test(line),
  );
}

/** The port that docker could not get; `null` where that is not what happened. */
export function findTakenPort(output: readonly string[]): number | null {
  const line = output.find((text) => PORT_IN_USE.test(text));
  const port = line === undefined ? undefined : PORT.exec(line)?.[1];
  return port === undefined ? null : Number(port);
}

/** Who has a port that a service should get. */
export interface PortHolder {
  readonly description: string;
  /** Another service of the same deployment. */
  readonly isOurs: boolean;
}

/** @param holder Who has it; `null` where that cannot be seen. */
export function describeTakenPort(
  failure: Failure,
  service: ServiceSpec,
  port: number,
  holder: PortHolder | null,
): Failure {
  const by = holder === null ? '' : ` by ${holder.description}`;
  return createFailure('port_taken', `port ${port} is taken${by}`, {
    node: service.node,
    service: service.id,
    source: service.source,
    output: failure.output,
    hint: holder?.isOurs
      ? 'publish another port for one of the two'
      : 'publish another port, or stop who has it',
  });
}

/**
 * @param text What the script prints that looks for the holders of a port; see `scripts.ts`.
 * @param ownProject The compose project of the service that should get the port.
 */
export function parsePortHolder(text: string, ownProject: string): PortHolder | null {
  const lines = text.split('\n').filter((line) => line !== '');
  const container = lines.find((line) => line.startsWith('container '));
  if (container !== undefined) {
    const [description = '', project, service] = container.split('\t');
    return project === ownProject
      ? { description: `${service ?? ''}, a service of the same scenario`, isOurs: true }
      : { description, isOurs: false };
  }
  for (const line of lines) {
    const [, program, pid] = /users:\(\("([^"]+)",pid=(\d+)/.exec(line) ?? [];
    if (program !== undefined && pid !== undefined) {
      return { description: `${program} (process ${pid})`, isOurs: false };
    }
  }
  return null;
}

/** Says in one line why docker could not start a container. */
export function describeStartFailure(failure: Failure, service: ServiceSpec): Failure {
  const said = failure.output.filter((line) => !SUMMARY.test(line));
  const reason = said.at(-1)?.replace(PREAMBLE, '');
  return createFailure('service_start', reason ?? failure.message, {
    node: service.node,
    service: service.id,
    source: service.source,
    output: said,
    hint: hintFor(reason ?? ''),
  });
}

function hintFor(reason: string): string | null {
  if (/could not select device driver|nvidia-container|unknown or invalid runtime/i.test(reason)) {
    return 'install the NVIDIA container toolkit on the node, or take the GPUs out of the compose file';
  }
  if (/executable file not found|no such file or directory/i.test(reason)) {
    return 'look at its command and entrypoint, and at what its image holds';
  }
  return null;
}
