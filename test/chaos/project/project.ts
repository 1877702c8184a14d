import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { parse } from 'yaml';
import { readFile } from 'node:fs/promises';

import { openController } from '../../../src/run/controller.js';
import { LAB_PROJECT, SMALL_FOLDER } from '../../lab/support/lab.js';
import { KEEPALIVE_S, MACHINE_OF, SUITE_FILES } from './suite.js';

/** A project directory of one run of the suite. */
export interface ChaosProject {
  /** Absolute. */
  readonly root: string;
  /** What its runs are marked with wherever they leave something. */
  readonly controller: string;
  remove(): Promise<void>;
}

/** Makes a project in a temporary place whose nodes are the lab's. */
export async function makeProject(): Promise<ChaosProject> {
  const root = await mkdtemp(path.join(tmpdir(), 'playbook-chaos-'));
  for (const file of ['key', 'known_hosts']) {
    await cp(path.join(LAB_PROJECT, file), path.join(root, file));
  }
  await chmod(path.join(root, 'key'), 0o600);
  await write(root, 'config/nodes.yaml', JSON.stringify({ nodes: await nodesOfSuite() }));
  for (const [file, text] of Object.entries(SUITE_FILES)) await write(root, file, text);
  const controller = await openController(root);
  if (!controller.ok) throw new Error(controller.failure.message);
  return {
    root,
    controller: controller.value,
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

async function write(root: string, name: string, text: string): Promise<void> {
  const file = path.join(root, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, text);
  if (text.startsWith('#!')) await chmod(file, 0o755);
}

async function nodesOfSuite(): Promise<Readonly<Record<string, object>>> {
  const { nodes } = parse(await readFile(path.join(LAB_PROJECT, 'config/nodes.yaml'), 'utf8')) as {
    nodes: Readonly<Record<string, object>>;
  };
  const ofWorker = {
    runtime: 'process',
    // So small that a fault can fill it.
    docker_compose_path: SMALL_FOLDER,
    results_path: null,
  };
  return Object.fromEntries(
    Object.entries(MACHINE_OF).map(([name, machine]) => [
      name,
      {
        ...nodes[machine],
        keepalive_interval: KEEPALIVE_S,
        ...(name === machine ? {} : ofWorker),
      },
    ]),
  );
}
