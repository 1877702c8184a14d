import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { chmod, copyFile, cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { knownHostLines } from '../nodes/identity.js';
import { PRIVATE_KEY, STATE } from '../nodes/layout.js';
import type { LabNode } from '../nodes/layout.js';

/** Where every lab project that was written is noted, so that `lab:down` removes it. */
const WRITTEN = join(STATE, 'projects');
const SCENARIOS = join(import.meta.dirname, 'scenarios');

/**
 * Writes a complete project directory whose nodes are the lab's. Only its generated parts are replaced: results and
 * other scenarios in it stay.
 *
 * @param folder Absolute. All paths in it are relative: it works wherever it is copied to.
 */
export async function writeProject(folder: string, nodes: readonly LabNode[]): Promise<void> {
  noteProject(folder);
  await mkdir(join(folder, 'config'), { recursive: true });
  await writeFile(join(folder, 'config/nodes.yaml'), nodesFile(nodes));
  await writeFile(join(folder, 'config/scenarios.yaml'), SCENARIOS_FILE);
  await writeFile(join(folder, 'config/defaults.yaml'), DEFAULTS_FILE);
  const lines = await Promise.all(nodes.map(knownHostLines));
  await writeFile(join(folder, 'known_hosts'), `${lines.flat().join('\n')}\n`);
  await rm(join(folder, 'key'), { force: true });
  await copyFile(PRIVATE_KEY, join(folder, 'key'));
  await chmod(join(folder, 'key'), 0o600);
  await rm(join(folder, 'scenarios/002_llama'), { recursive: true, force: true });
  const isForThem = (source: string): boolean =>
    nodes.length > 1 || !source.startsWith(join(SCENARIOS, '002_llama'));
  await cp(SCENARIOS, join(folder, 'scenarios'), { recursive: true, filter: isForThem });
}

/** Removes every lab project that was written on this machine. */
export async function removeProjects(): Promise<void> {
  for (const folder of notedProjects()) await rm(folder, { recursive: true, force: true });
}

function noteProject(folder: string): void {
  if (!notedProjects().includes(folder)) appendFileSync(WRITTEN, `${folder}\n`);
}

function notedProjects(): string[] {
  if (!existsSync(WRITTEN)) return [];
  return readFileSync(WRITTEN, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
}

function nodesFile(nodes: readonly LabNode[]): string {
  const entries = nodes.map(
    (node) => `  ${node.name}:
    transport: ssh
    host: ${node.host}
    username: root
    private_key_path: key
    host_key: strict
    known_hosts: known_hosts
    runtime: docker
    docker_compose_path: /opt/inference
    results_path: /opt/benchmark/results
    labels: { lab: 'true', compose: ${node.compose} }`,
  );
  return `# Written by lab:up, and again by the next one. Paths are relative: this folder can be copied.
nodes:
${entries.join('\n')}
`;
}

const SCENARIOS_FILE = `execution:
  scenarios_root: scenarios
  execution_mode: auto
`;

const DEFAULTS_FILE = `service_health_check:
  startup_timeout: 60s
retry_strategy:
  service_level_retries: 0
`;
