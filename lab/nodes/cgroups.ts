import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** All nodes lie in this group of every hierarchy. */
const LAB_GROUP = 'playbook-lab';
/** The group of a node in which its own daemons run; containers get groups beside it. */
const SYSTEM = 'system';
const V2_CONTROLLERS = ['cpuset', 'cpu', 'io', 'memory', 'pids'];

/** One mounted cgroup hierarchy of this machine. */
interface Hierarchy {
  readonly mountPoint: string;
  readonly version: 1 | 2;
  /** What a mount of it inside a node says: `memory`, or `none,name=systemd`; empty for version 2. */
  readonly mountOptions: string;
}

/** The node's group in every hierarchy. */
export function cgroupsOf(node: string): string[] {
  return hierarchies().map((hierarchy) => join(hierarchy.mountPoint, LAB_GROUP, node));
}

/** What a node has to mount under its /sys/fs/cgroup, as `TYPE:OPTIONS:FOLDER`. */
export function cgroupMounts(): string[] {
  return hierarchies().map((hierarchy) => {
    const folder = hierarchy.mountPoint === '/sys/fs/cgroup' ? '.' : basename(hierarchy.mountPoint);
    const type = hierarchy.version === 1 ? 'cgroup' : 'cgroup2';
    return `${type}:${hierarchy.mountOptions}:${folder}`;
  });
}

/** Makes the node's groups anew. Nothing of it may run yet. */
export async function createCgroups(node: string): Promise<void> {
  await removeCgroups(node);
  for (const hierarchy of hierarchies()) {
    let parent = hierarchy.mountPoint;
    for (const name of [LAB_GROUP, node, SYSTEM]) {
      const group = join(parent, name);
      // The node's own group keeps its controllers until its first process has moved on: see below.
      if (hierarchy.version === 2 && name !== SYSTEM) enableControllers(parent);
      mkdirSync(group, { recursive: true });
      if (hierarchy.version === 1) inheritCpuset(group, parent);
      parent = group;
    }
  }
}

/**
 * Lets the node's containers have limits, once it has booted. Version 2 hands controllers down only from groups that have
 * no processes, and takes no processes into a group that does so; the node boots in its own group and leaves it then.
 */
export function delegateControllers(node: string): void {
  for (const hierarchy of hierarchies()) {
    if (hierarchy.version === 2) enableControllers(join(hierarchy.mountPoint, LAB_GROUP, node));
  }
}

/** Ids, as this machine counts them, of every process of the node, those in containers included. */
export function processesOf(node: string): number[] {
  const found = new Set<number>();
  for (const group of cgroupsOf(node)) {
    for (const folder of withDescendants(group)) {
      for (const line of readLines(join(folder, 'cgroup.procs'))) found.add(Number(line));
    }
  }
  return [...found];
}

/** Removes the node's groups, and the lab's once the last node's are gone. All its processes have to have ended. */
export async function removeCgroups(node: string): Promise<void> {
  for (const group of cgroupsOf(node)) {
    for (const folder of withDescendants(group).reverse()) await removeGroup(folder);
    const labGroup = join(group, '..');
    if (existsSync(labGroup) && childrenOf(labGroup).length === 0) await removeGroup(labGroup);
  }
}

/** Names of all nodes that have a group somewhere. */
export function nodesWithCgroups(): string[] {
  const names = hierarchies().flatMap((hierarchy) =>
    childrenOf(join(hierarchy.mountPoint, LAB_GROUP)),
  );
  return [...new Set(names)];
}

function hierarchies(): Hierarchy[] {
  const controllers = new Set(
    readLines('/proc/cgroups')
      .filter((line) => !line.startsWith('#'))
      .map((line) => line.split('\t')[0] ?? ''),
  );
  return readLines('/proc/self/mountinfo').flatMap((line): Hierarchy[] => {
    // mountinfo: id parent device root MOUNT_POINT options [tags] - TYPE source SUPER_OPTIONS
    const [mount, superBlock] = line.split(' - ');
    const mountPoint = mount?.split(' ')[4] ?? '';
    const [type, , options = ''] = superBlock?.split(' ') ?? [];
    if (type === 'cgroup2') return [{ mountPoint, version: 2, mountOptions: '' }];
    if (type !== 'cgroup') return [];
    const chosen = options.split(',');
    const named = chosen.find((option) => option.startsWith('name='));
    const mountOptions =
      named === undefined
        ? chosen.filter((option) => controllers.has(option)).join(',')
        : `none,${named}`;
    return [{ mountPoint, version: 1, mountOptions }];
  });
}

/** In version 1 a new cpuset is empty, and nothing may run in an empty one. */
function inheritCpuset(group: string, parent: string): void {
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    if (existsSync(join(group, file))) {
      writeFileSync(join(group, file), readFileSync(join(parent, file)));
    }
  }
}

function enableControllers(group: string): void {
  const offered = readLines(join(group, 'cgroup.controllers')).join(' ').split(' ');
  const wanted = V2_CONTROLLERS.filter((controller) => offered.includes(controller));
  if (wanted.length === 0) return;
  writeFileSync(
    join(group, 'cgroup.subtree_control'),
    wanted.map((controller) => `+${controller}`).join(' '),
  );
}

/** The kernel calls a group busy until it has done away with the last process, some time after that is gone from lists. */
async function removeGroup(group: string): Promise<void> {
  for (let round = 0; ; round++) {
    try {
      rmdirSync(group);
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return;
      if (code !== 'EBUSY' || round === 250) throw error;
    }
    await delay(20);
  }
}

/** The group and all below it, parents first. */
function withDescendants(group: string): string[] {
  if (!existsSync(group)) return [];
  return [group, ...childrenOf(group).flatMap((name) => withDescendants(join(group, name)))];
}

function childrenOf(group: string): string[] {
  if (!existsSync(group)) return [];
  return readdirSync(group, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}

function readLines(file: string): string[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    // A group may be removed at any time, also between opening its file and reading it.
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENODEV') return [];
    throw error;
  }
  return text.split('\n').filter((line) => line !== '');
}
