/** The commands of the task through playbook's own pool, one host per node. */
import pLimit from 'p-limit';

import { systemClock } from '../../../src/async/clock.js';
import { UNCONFIGURED_NODE, type NodeSpec } from '../../../src/model/node.js';
import { createBudget } from '../../../src/remote/pool/budget.js';
import { createPool } from '../../../src/remote/pool/pool.js';
import { createSshConnector } from '../../../src/remote/ssh/connector.js';
import { createSharedLogins } from '../../../src/remote/ssh/login/shared-logins.js';
import { readTask, report } from './task.js';

const task = readTask();
const nodes = task.hosts.map((host): NodeSpec => ({
  ...UNCONFIGURED_NODE,
  name: host,
  host,
  transport: 'ssh',
  port: task.port,
  username: task.user,
  authentication: { ...UNCONFIGURED_NODE.authentication, privateKeyPath: task.keyFile },
  hostKey: 'strict',
  knownHosts: task.knownHostsFile,
  source: { file: '', line: 1, column: 1 },
}));
const begin = performance.now();
const budget = createBudget(task.forks);
const connect = createSshConnector({
  budget,
  login: {
    nodes,
    clock: systemClock,
    environment: process.env,
    warn: () => undefined,
    random: Math.random,
    shared: createSharedLogins({ clock: systemClock, dials: task.forks }),
  },
});
const pool = createPool(connect, budget);
const limit = pLimit(task.forks);
let succeeded = 0;
await Promise.all(
  nodes.map((node) =>
    limit(async () => {
      const used = await pool.use(node, async (connection) => {
        for (const command of task.commands) {
          const ran = await connection.exec(
            { argv: ['/bin/sh', '-c', command] },
            { descendants: 'leave' },
          );
          if (ran.termination !== 'exited' || ran.exitCode !== 0) return ran;
        }
        return null;
      });
      if (used.ok && used.value === null) succeeded += 1;
      else console.error(node.name, used);
    }),
  ),
);
await pool.closeAll();
report(succeeded, begin);
