import { release } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { type Clock, systemClock } from '../async/clock.js';
import { createProcessBackend } from '../deploy/process/backend.js';
import { createFailure, type Outcome } from '../model/failure.js';
import { CONTROLLER, type NodeSpec } from '../model/node.js';
import type { Connection } from '../remote/connection.js';
import { openLocal } from '../remote/local/connection.js';
import { createPool } from '../remote/pool.js';
import { createRedactor } from '../remote/redaction.js';
import type { Adapters } from '../run/run-suite.js';
import { packageVersion } from './version.js';

/** Holds a `playbook` that calls this very program. */
const BIN = fileURLToPath(new URL('../../bin/', import.meta.url));

/**
 * The only place where the kinds of the seams are chosen.
 *
 * @param root The project's root, absolute.
 * @param secrets Values that must not appear in any output.
 */
export function composeAdapters(
  root: string,
  secrets: readonly string[],
  clock: Clock = systemClock,
): Adapters {
  // Scenarios call `playbook bench` and `playbook simulate-engine`, installed or not.
  const environment = { PATH: [BIN, process.env['PATH']].filter(Boolean).join(path.delimiter) };
  const connect = (node: NodeSpec): Promise<Outcome<Connection>> =>
    node.transport === 'local'
      ? openLocal(node, { cwd: root, environment, clock })
      : Promise.resolve({ ok: false, failure: noSsh(node) });
  const pool = createPool(connect);
  return {
    clock,
    pool,
    backends: {
      process: createProcessBackend({ pool, clock, redactor: createRedactor(secrets) }),
    },
    controller: controllerNode(root),
    versions: {
      playbook: packageVersion(),
      node: process.version,
      platform: `${process.platform} ${process.arch} ${release()}`,
    },
  };
}

function noSsh(node: NodeSpec) {
  return createFailure('unreachable', 'this version cannot reach nodes over SSH yet', {
    node: node.name,
    source: node.source,
    hint: 'set `transport: local` to run its services on this machine',
  });
}

/** The machine that runs playbook, as a node. */
function controllerNode(root: string): NodeSpec {
  return {
    name: CONTROLLER,
    transport: 'local',
    host: '127.0.0.1',
    port: 22,
    username: null,
    authentication: { password: null, privateKeyPath: null, passphrase: null, agent: false },
    proxyJump: null,
    useSshConfig: false,
    hostKey: 'strict',
    knownHosts: '',
    keepaliveIntervalMs: 10_000,
    enabled: true,
    runtime: 'process',
    dockerComposePath: null,
    resultsPath: null,
    labels: {},
    source: { file: root, line: 1, column: 1 },
  };
}
