import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

import type { NodeRoots } from '../packages/base-root.js';
import { cgroupMounts, cgroupsOf, createCgroups, delegateControllers } from './cgroups.js';
import { writeIdentity } from './identity.js';
import type { LabNode } from './layout.js';
import { connectNode, removeStaleLink } from './network.js';
import { initOf, killProcesses } from './processes.js';
import { probeServices, startDocker, startSshd } from './services.js';

/**
 * Brings up what of the node is missing: the machine, its network, its daemons.
 *
 * @param project The folder that a started node shows, read-only, under /opt/playbook.
 */
export async function startNode(node: LabNode, roots: NodeRoots, project: string): Promise<void> {
  await writeIdentity(node, roots.base);
  const init = initOf(node) ?? (await boot(node, roots, project));
  delegateControllers(node.name);
  await connectNode(node, init);
  const running = await probeServices(node);
  await Promise.all([
    running.sshd ? undefined : startSshd(node),
    running.docker ? undefined : startDocker(node),
  ]);
}

async function boot(node: LabNode, roots: NodeRoots, project: string): Promise<number> {
  await killProcesses(node.name); // of a start that was killed half-way
  await removeStaleLink(node);
  await createCgroups(node.name);
  const logFile = join(node.folder, 'boot.log');
  const log = openSync(logFile, 'w');
  const compose = node.compose === 'v1' ? roots.composeV1 : roots.composeV2;
  const child = spawn(
    'sh',
    [
      join(import.meta.dirname, 'isolate.sh'),
      ...cgroupsOf(node.name),
      '--',
      node.name,
      node.folder,
      `${compose}:${roots.base}`,
      project,
      await realpath(process.execPath),
      ...cgroupMounts(),
    ],
    { detached: true, stdio: ['ignore', log, log, 'pipe'] },
  );
  closeSync(log);
  await waitForReady(child.stdio[3] as Readable);
  child.unref();
  // Between "ready" and init there are two calls of exec.
  for (let round = 0; round < 100; round++) {
    const init = initOf(node);
    if (init !== null) return init;
    if (child.exitCode !== null) break;
    await delay(20);
  }
  throw new Error(`${node.name} did not start:\n  ${readFileSync(logFile, 'utf8').trim()}`);
}

/** Until the node says that it is ready, or has ended. */
async function waitForReady(pipe: Readable): Promise<void> {
  for await (const chunk of pipe) if (String(chunk).includes('ready')) break;
  pipe.destroy();
}
