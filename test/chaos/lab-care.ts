import { readFileSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { attempt } from '../../lab/machine/command.js';
import { type LabNode, mendNetwork, onNode, startDocker, startSshd } from '../lab/support/lab.js';
import { OUTSIDE } from './project/suite.js';

const PROJECTS = path.join(tmpdir(), 'playbook-chaos-');

/** Ends what faults have done to the nodes, whoever did it: also that of a campaign that was killed. */
export async function mendNodes(nodes: readonly LabNode[]): Promise<void> {
  await Promise.all(
    nodes.map(async (node) => {
      await mendNetwork(node);
      await onNode(node, ['rm', '-f', '/small/chaos-filler', '/usr/local/bin/date']);
      await Promise.all([startSshd(node), startDocker(node)]);
      // What is there from the start is not taken for a leftover: also the folders that faults write to.
      await onNode(node, ['mkdir', '-p', OUTSIDE, '/opt/inference', '/opt/benchmark/results']);
      await onNode(node, [
        'sh',
        '-c',
        'for f in /usr/local/bin /tmp /opt /root; do touch $f/.chaos; rm $f/.chaos; done',
      ]);
    }),
  );
}

/** Removes by force whatever a run has on the nodes, after somebody has found it there. */
const SCRUB = `
ids=$(docker ps -aq --filter label=playbook.controller="$1"); [ -z "$ids" ] || docker rm -fv $ids
ids=$(docker network ls -q --filter label=playbook.controller="$1"); [ -z "$ids" ] || docker network rm $ids
ids=$(docker volume ls -q --filter label=playbook.controller="$1"); [ -z "$ids" ] || docker volume rm -f $ids
for process in /proc/[0-9]*; do
  ! tr '\\0' '\\n' <"$process/environ" 2>/dev/null | grep -qx "PLAYBOOK_CONTROLLER=$1" || kill -KILL "\${process#/proc/}"
done
find / -xdev -name "playbook-*-$1" -exec rm -rf {} + 2>/dev/null
find /small -mindepth 1 -delete
find "$2" -mindepth 1 -delete
rm -rf /tmp/playbook
true`;

export async function scrubNodes(nodes: readonly LabNode[], controller: string): Promise<void> {
  await Promise.all(
    nodes.map((node) => onNode(node, ['sh', '-c', SCRUB, 'sh', controller, OUTSIDE])),
  );
}

/** Unmounts the disks that a project lies on, and removes it. */
export async function removeProject(root: string): Promise<void> {
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((place) => place.startsWith(`${root}/`));
  for (const place of mounts.reverse()) await attempt(['umount', '-l', place]);
  await rm(root, { recursive: true, force: true });
}

/** Removes the projects of campaigns that were killed. */
export async function removeStaleProjects(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const root = path.join(tmpdir(), name);
    if (root.startsWith(PROJECTS)) await removeProject(root);
  }
}
