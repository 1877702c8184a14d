import { existsSync } from 'node:fs';
import { chmod, cp, readFile } from 'node:fs/promises';
import path from 'node:path';

import { onTestFinished } from 'vitest';
import { parse } from 'yaml';

import type { StampedEvent } from '../../../src/model/event.js';
import {
  type Files,
  type Finished,
  type ProjectFolder,
  type Started,
  projectFolder,
} from '../../support/project-folder.js';
import { LAB_PROJECT } from './lab.js';

const SHIPPED = path.join(import.meta.dirname, '../scenarios');

/** No run of these tests is near it: what takes longer hangs. */
const LONGEST_RUN_MS = 45_000;
const CLEANUP_MS = 60_000;

interface LabProjectParts {
  readonly files?: Files;
  /** Directories of `test/lab/scenarios`. */
  readonly shipped?: readonly string[];
  /** What differs from the lab's own `nodes.yaml`, by node; `null` takes the node out, and one of another name is added. */
  readonly nodes?: Readonly<Record<string, object | null>>;
  /** `defaults.yaml`, beside the lab's own. */
  readonly defaults?: object;
}

export interface LabProject extends ProjectFolder {
  /** As `playbook`, with every event of the run. */
  readonly run: (...args: string[]) => Promise<Finished & { readonly events: Events }>;
  /** A file of the newest run, as it is. */
  readonly resultBytes: (file: string) => Promise<Buffer>;
  /** The name of the newest run. */
  readonly runId: () => Promise<string>;
}

type Events = readonly StampedEvent[];

/** A copy of the lab's project with scenarios of its own, removed when the test is over. What hangs is killed. */
export async function labProject(parts: LabProjectParts = {}): Promise<LabProject> {
  const project = await projectFolder({});
  const { root } = project;
  // What a test has killed or cut off must not keep the next one from the nodes. Nodes are mended before that.
  onTestFinished(async () => {
    if (existsSync(path.join(root, '.playbook/journal'))) {
      await project.playbook('cleanup', '--wait-lock', '20s');
    }
  }, CLEANUP_MS);
  for (const file of ['key', 'known_hosts'])
    await cp(path.join(LAB_PROJECT, file), `${root}/${file}`);
  await chmod(path.join(root, 'key'), 0o600);
  await cp(path.join(LAB_PROJECT, 'config'), path.join(root, 'config'), { recursive: true });
  for (const directory of parts.shipped ?? []) {
    await cp(path.join(SHIPPED, directory), path.join(root, 'scenarios', directory), {
      recursive: true,
    });
  }
  await project.write({
    'config/nodes.yaml': JSON.stringify({ nodes: await nodesOf(project, parts.nodes ?? {}) }),
    'config/defaults.yaml': JSON.stringify({
      service_health_check: { startup_timeout: '30s' },
      retry_strategy: { service_level_retries: 0 },
      // Its nodes share a machine that is busy with tests.
      isolation: { foreign_load: 1000 },
      ...parts.defaults,
    }),
    ...parts.files,
  });

  const start = (args: readonly string[], env: Record<string, string> = {}) =>
    withinLimit(project.start(args, env), args);
  const playbook = (...args: string[]) => start(args).finished;
  return {
    ...project,
    start,
    playbook,
    run: async (...args) => {
      const finished = await playbook('run', ...args);
      // A project that cannot be read leaves no run behind, and says why.
      if (finished.exitCode === 2) throw new Error(finished.stderr);
      return { ...finished, events: await project.events() };
    },
    resultBytes: (file) => readFile(path.join(root, 'results/latest', file)),
    runId: async () => (await project.suite()).run,
  };
}

async function nodesOf(
  { read }: ProjectFolder,
  differences: Readonly<Record<string, object | null>>,
): Promise<Readonly<Record<string, object>>> {
  const { nodes } = parse(await read('config/nodes.yaml')) as { nodes: Record<string, object> };
  const names = [...new Set([...Object.keys(nodes), ...Object.keys(differences)])];
  return Object.fromEntries(
    names.flatMap((name) =>
      differences[name] === null ? [] : [[name, { ...nodes[name], ...differences[name] }]],
    ),
  );
}

function withinLimit(started: Started, args: readonly string[]): Started {
  const { child } = started;
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    child.kill('SIGKILL');
  }, LONGEST_RUN_MS);
  onTestFinished(() => {
    clearTimeout(timer);
    child.kill('SIGKILL');
  });
  const finished = started.finished.then((result) => {
    clearTimeout(timer);
    if (!isLate) return result;
    throw new Error(`playbook ${args.join(' ')} hangs:\n${result.stdout}\n${result.stderr}`);
  });
  // Whoever waits for an event only is told by that.
  finished.catch(() => undefined);
  return { ...started, finished };
}

interface LabScenario {
  readonly metadata?: object;
  readonly services?: Readonly<Record<string, object>>;
  readonly script?: string;
}

/** The files of a scenario; one with a `test_execution` of its own declares its results, too. */
export function labScenario(
  directory: string,
  { metadata = {}, services, script = 'true' }: LabScenario,
): Files {
  const name = directory.replace(/^\d+_/, '');
  const folder = `scenarios/${directory}`;
  return {
    [`${folder}/metadata.yaml`]: JSON.stringify({
      name,
      ...metadata,
    }),
    [`${folder}/run_test.sh`]: `#!/bin/sh\n${script}\n`,
    ...(services ? { [`${folder}/docker-compose.yml`]: JSON.stringify({ services }) } : {}),
  };
}

/** A service of the lab's small image that runs a shell script, and ends at once when it is stopped. */
export function busybox(script: string, more: object = {}): object {
  return {
    image: 'lab/busybox:1',
    init: true,
    command: ['sh', '-c', script.replaceAll('$', '$$$$')],
    ...more,
  };
}
