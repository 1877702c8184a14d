import { release } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { type Clock, systemClock } from '../async/clock.js';
import { createComposeBackend } from '../deploy/compose/backend.js';
import { createProcessBackend } from '../deploy/process/backend.js';
import { CONTROLLER, type NodeSpec, UNCONFIGURED_NODE } from '../model/node.js';
import { openLocal } from '../remote/local/connection.js';
import { createBudget } from '../remote/pool/budget.js';
import { createPool } from '../remote/pool/pool.js';
import { createRedactor } from '../remote/redaction.js';
import { createSshConnector } from '../remote/ssh/connector.js';
import { createSharedLogins } from '../remote/ssh/login/shared-logins.js';
import type { Adapters } from '../run/suite/run-suite.js';
import { createWarnings } from '../run/warnings.js';
import { packageVersion } from './version.js';

/** Holds a `playbook` that calls this very program. */
const BIN = fileURLToPath(new URL('../../bin/', import.meta.url));

/** Connections open at once: every one is a socket and a process on a node. */
const MOST_CONNECTIONS = 256;

export interface AdaptersOptions {
  /** The project's root, absolute. */
  readonly root: string;
  /** Every node of the configuration: one may be the way to another. */
  readonly nodes: readonly NodeSpec[];
  /** Values that must not appear in any output. */
  readonly secrets: readonly string[];
}

/** The only place where the kinds of the seams are chosen. */
export function composeAdapters(
  { root, nodes, secrets }: AdaptersOptions,
  clock: Clock = systemClock,
): Adapters {
  // Scenarios call `playbook bench` and `playbook simulate-engine`, installed or not.
  const environment = { PATH: [BIN, process.env['PATH']].filter(Boolean).join(path.delimiter) };
  const budget = createBudget(MOST_CONNECTIONS);
  const warnings = createWarnings();
  const openSsh = createSshConnector({
    budget,
    login: {
      nodes,
      clock,
      environment: process.env,
      warn: warnings.add,
      random: Math.random,
      shared: createSharedLogins({ clock, budget }),
    },
  });
  const pool = createPool(
    (node, signal) =>
      node.transport === 'local'
        ? openLocal(node, { cwd: root, environment, clock })
        : openSsh(node, signal),
    budget,
  );
  const services = { pool, clock, redactor: createRedactor(secrets) };
  return {
    clock,
    pool,
    warnings,
    backends: {
      docker: createComposeBackend(services),
      process: createProcessBackend(services),
    },
    controller: {
      ...UNCONFIGURED_NODE,
      name: CONTROLLER,
      source: { file: root, line: 1, column: 1 },
    },
    versions: {
      playbook: packageVersion(),
      node: process.version,
      platform: `${process.platform} ${process.arch} ${release()}`,
    },
  };
}
