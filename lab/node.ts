import { spawn } from 'node:child_process';

import { UsageError, runEntry } from './entry.js';
import { existingNodes } from './nodes/existing.js';
import { cutNetwork, mendNetwork, powerOff } from './nodes/faults.js';
import type { LabNode } from './nodes/layout.js';
import { enterCommand } from './nodes/processes.js';
import { restartSshd, startDocker, startSshd, stopDocker, stopSshd } from './nodes/services.js';

const USAGE = `Usage: npm run lab:node -- NODE ACTION
  exec COMMAND...         run a command in the node as root, without ssh
  shell                   the same, with a shell on this terminal
  restart-sshd [LINE...]  with lines of sshd_config that come first; without: as it was
  stop-sshd | start-sshd
  stop-docker | start-docker
  cut | mend              drop every packet to and from the node, and stop doing so
  power-off               end it at once; lab:up brings it back
`;

const ACTIONS: Readonly<Record<string, (node: LabNode, rest: string[]) => Promise<void>>> = {
  exec: inTerminal,
  shell: (node) => inTerminal(node, ['bash', '-l']),
  'restart-sshd': restartSshd,
  'stop-sshd': (node) => stopSshd(node),
  'start-sshd': startSshd,
  'stop-docker': stopDocker,
  'start-docker': startDocker,
  cut: cutNetwork,
  mend: mendNetwork,
  'power-off': powerOff,
};

await runEntry(async () => {
  const [name, action, ...rest] = process.argv.slice(2);
  const node = existingNodes().find((candidate) => candidate.name === name);
  const act = ACTIONS[action ?? ''];
  if (act === undefined) throw new UsageError(USAGE);
  if (node === undefined) throw new UsageError(`There is no node "${name ?? ''}": see lab:status.`);
  await act(node, rest[0] === '--' ? rest.slice(1) : rest);
});

async function inTerminal(node: LabNode, argv: string[]): Promise<void> {
  const [program = '', ...args] = enterCommand(node, argv);
  const child = spawn(program, args, { stdio: 'inherit' });
  process.exitCode = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}
