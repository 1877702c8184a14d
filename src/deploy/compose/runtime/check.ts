import { createFailure, type Failure, type Outcome } from '../../../model/failure.js';
import type { NodeSpec } from '../../../model/node.js';
import type { Connection } from '../../../remote/connection.js';
import type { ConnectionPool } from '../../../remote/pool/pool.js';
import { detectCommand } from '../commands.js';
import { runOn } from '../run-on.js';
import { type DockerProblem, type DockerTools, OLDEST_V1, parseDetection } from './versions.js';

/** `docker version` waits for a daemon that accepts and says nothing. */
const ANSWER_MS = 30_000;

/** Finds out what runs containers on a node. */
export type Detect = (node: NodeSpec, signal?: AbortSignal) => Promise<Outcome<DockerTools>>;

/** A detection that asks once per connection; a failure is asked about again. */
export function createDetection(pool: ConnectionPool): Detect {
  const known = new WeakMap<Connection, DockerTools>();
  return async (node, signal) => {
    const ask = async (connection: Connection): Promise<Outcome<DockerTools>> => {
      const cached = known.get(connection);
      if (cached) return { ok: true, value: cached };
      const detected = await detectDocker(connection, node, signal);
      if (detected.ok) known.set(connection, detected.value);
      return detected;
    };
    const asked = await pool.use(node, ask, { signal });
    return asked.ok ? asked.value : asked;
  };
}

/** Asks a node for the versions of docker and compose. What keeps it from running containers is the failure. */
async function detectDocker(
  connection: Connection,
  node: NodeSpec,
  signal?: AbortSignal,
): Promise<Outcome<DockerTools>> {
  const ran = await runOn(connection, detectCommand(), {
    place: { node: node.name },
    what: 'docker could not be asked for its version',
    kind: 'runtime_missing',
    timeoutMs: ANSWER_MS,
    ...(signal ? { signal } : {}),
  });
  if (!ran.ok) return ran;
  const found = parseDetection(ran.value.stdout.toString());
  if (!('problem' in found)) return { ok: true, value: found };
  return { ok: false, failure: explain(found, node) };
}

function explain(found: DockerProblem, { name: node, source }: NodeSpec): Failure {
  const missing = (message: string, hint: string) =>
    createFailure('runtime_missing', message, { node, source, hint });
  switch (found.problem) {
    case 'no-client':
      return missing(
        'docker is not installed',
        'install it there (Debian: apt install docker.io), or set `runtime: process`',
      );
    case 'no-daemon':
      return missing(
        `the docker daemon does not answer: ${found.said}`,
        'start it there: systemctl start docker',
      );
    case 'forbidden':
      return missing(
        `${found.user || 'the login'} may not use docker: permission denied`,
        `let it, and log in again: usermod -aG docker ${found.user || 'USER'}`,
      );
    case 'no-compose':
      return missing(
        'docker compose is not installed',
        'install the compose plugin there (docker-compose-plugin, docker-compose-v2), or docker-compose',
      );
    case 'old-compose':
      return missing(
        `docker-compose ${found.version} is too old`,
        `${OLDEST_V1} or newer is needed; better: the compose plugin (V2)`,
      );
  }
}
