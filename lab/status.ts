import Table from 'cli-table3';

import { runEntry, say } from './entry.js';
import { existingNodes } from './nodes/existing.js';
import type { LabNode } from './nodes/layout.js';
import { attemptOnNode, isUp } from './nodes/processes.js';
import { probeServices } from './nodes/services.js';

await runEntry(async () => {
  const nodes = existingNodes();
  if (nodes.length === 0) {
    say('down');
    return;
  }
  const table = new Table({
    head: ['node', 'address', 'machine', 'sshd', 'dockerd', 'compose', 'images', 'containers'],
    style: { head: [], border: [] },
  });
  table.push(...(await Promise.all(nodes.map(describe))));
  process.stdout.write(`${table.toString()}\n`);
});

async function describe(node: LabNode): Promise<string[]> {
  if (!isUp(node)) return [node.name, node.host, 'down', '', '', node.compose, '', ''];
  const states = await probeServices(node);
  const [images, containers] = await Promise.all([
    attemptOnNode(node, ['docker', 'images', '--format', '{{.Repository}}:{{.Tag}}']),
    attemptOnNode(node, ['docker', 'ps', '--quiet']),
  ]);
  return [
    node.name,
    node.host,
    'up',
    states.sshd ? 'up' : 'down',
    states.docker ? 'up' : 'down',
    node.compose,
    images.stdout.trim().split('\n').sort().join(' '),
    String(containers.stdout.split('\n').filter((line) => line !== '').length),
  ];
}
