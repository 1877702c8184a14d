import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { attempt, run } from '../../../lab/machine/command.js';
import type { RunOptions, RunResult } from '../../../lab/machine/command.js';
import { labObstacle } from '../../../lab/machine/requirements.js';
import { existingNodes } from '../../../lab/nodes/existing.js';
import type { LabNode } from '../../../lab/nodes/layout.js';
import { attemptOnNode, isUp } from '../../../lab/nodes/processes.js';

export type { LabNode } from '../../../lab/nodes/layout.js';
export type { RunResult } from '../../../lab/machine/command.js';
export { cutNetwork, mendNetwork, powerOff } from '../../../lab/nodes/faults.js';
export {
  restartSshd,
  startDocker,
  startSshd,
  stopDocker,
  stopSshd,
} from '../../../lab/nodes/services.js';

const ROOT = join(import.meta.dirname, '../../..');

/** The project directory of the lab: copy it before you write into it. */
export const LAB_PROJECT = join(ROOT, '.lab');
const LAB_KEY = join(LAB_PROJECT, 'key');
const LAB_KNOWN_HOSTS = join(LAB_PROJECT, 'known_hosts');

/** The users of every node, with their passwords; the lab's key opens them all. Root logs in by key only. */
export const LAB_USERS = {
  root: { password: null, shell: '/bin/bash' },
  bench: { password: 'lab-bench', shell: '/bin/dash' },
  fish: { password: 'lab-fish', shell: '/usr/bin/fish' },
  /** Its rc file prints on both streams, for remote commands as well. */
  noisy: { password: 'lab-noisy', shell: '/bin/bash' },
} as const;

/** A folder of 8 MB on every node, for tests of full disks. */
export const SMALL_FOLDER = '/small';

/** The nodes of the lab by number; empty where there is none, or where nothing may look. */
export function labNodes(): LabNode[] {
  return labObstacle() === null ? existingNodes() : [];
}

/** The node with this name, which has to exist. */
export function labNode(name: string): LabNode {
  const node = labNodes().find((candidate) => candidate.name === name);
  if (node === undefined) throw new Error(`The lab has no ${name}.`);
  return node;
}

/** Every node runs and this checkout's lab project is there. Says nothing about sshd and dockerd. */
function labIsUp(): boolean {
  const nodes = labNodes();
  return nodes.length > 0 && nodes.every(isUp) && existsSync(LAB_KNOWN_HOSTS);
}

/**
 * Why tests that need the lab have to be skipped; `null` where they can run.
 *
 * @throws The reason, where `PLAYBOOK_TEST_REQUIRES` names the lab: there nothing may be skipped.
 */
export function labSkipReason(nodesNeeded = 1): string | null {
  const reason = whyNoLab(nodesNeeded);
  const required = (process.env['PLAYBOOK_TEST_REQUIRES'] ?? '').split(/[\s,]+/);
  if (reason !== null && required.includes('lab')) throw new Error(reason);
  return reason;
}

function whyNoLab(nodesNeeded: number): string | null {
  const obstacle = labObstacle();
  if (obstacle !== null) return obstacle;
  if (!labIsUp()) return 'The lab is not up: npm run lab:up';
  const count = labNodes().length;
  if (count >= nodesNeeded) return null;
  return `The lab has ${count} nodes, ${nodesNeeded} are needed: npm run lab:up -- --nodes ${nodesNeeded}`;
}

/** Runs a program inside the node as root, past its network and its sshd. */
export async function onNode(
  node: LabNode,
  argv: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  return attemptOnNode(node, argv, options);
}

/** Brings up again what of the lab is down: a node after `powerOff`, its daemons, its images. */
export async function repairLab(): Promise<void> {
  await run([join(ROOT, 'node_modules/.bin/tsx'), join(ROOT, 'lab/up.ts')]);
}

/** Runs a command line on the node with OpenSSH's own client. */
export async function ssh(
  node: LabNode,
  commandLine: string,
  user: keyof typeof LAB_USERS = 'root',
): Promise<RunResult> {
  const settings = [
    `UserKnownHostsFile=${LAB_KNOWN_HOSTS}`,
    'StrictHostKeyChecking=yes',
    'BatchMode=yes',
    'ConnectTimeout=3',
  ];
  return attempt([
    ...['ssh', '-F', 'none', '-i', LAB_KEY, ...settings.flatMap((setting) => ['-o', setting])],
    `${user}@${node.host}`,
    commandLine,
  ]);
}
