import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect, onTestFinished } from 'vitest';

import type { StampedEvent } from '../../src/model/event.js';
import type { ResultSummary, SuiteSummary } from '../../src/model/result.js';

export const PLAYBOOK = fileURLToPath(new URL('../../bin/playbook.js', import.meta.url));

/** Text of files by their path in the project. Those that begin with `#!` are made executable. */
export type Files = Readonly<Record<string, string>>;

export interface Finished {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A run of the real CLI that is under way. */
export interface Started {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  /** Resolves with the first event that passes, from `--reporter json`. */
  readonly event: (passes: (event: StampedEvent) => boolean) => Promise<StampedEvent>;
}

/** A project directory in a temporary place, and the real CLI working on it. */
export interface ProjectFolder {
  readonly root: string;
  readonly write: (files: Files) => Promise<void>;
  readonly read: (file: string) => Promise<string>;
  readonly playbook: (...args: string[]) => Promise<Finished>;
  readonly start: (args: readonly string[], env?: Record<string, string>) => Started;
  /** What the newest run left behind. */
  readonly suite: () => Promise<SuiteSummary>;
  readonly result: (scenario: string) => Promise<ResultSummary>;
  readonly events: () => Promise<readonly StampedEvent[]>;
  /** A file of the newest run. */
  readonly resultFile: (file: string) => Promise<string>;
  /** Every file below a folder, sorted; but for the project's identity, which is drawn once and stays. */
  readonly list: (folder: string) => Promise<readonly string[]>;
}

const IDENTITY = path.join('.playbook', 'identity');

/** A machine that runs tests is busy: nobody has to be told. */
const DEFAULTS = 'isolation: { foreign_load: 1000 }\n';
const LOCAL_NODE = 'nodes:\n  node1: { transport: local, runtime: process }\n';

/** Makes a project with one local node, removed when the test is over. */
export async function projectFolder(files: Files): Promise<ProjectFolder> {
  const root = await mkdtemp(path.join(tmpdir(), 'playbook-e2e-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const write = async (more: Files) => {
    for (const [name, text] of Object.entries(more)) {
      const file = path.join(root, name);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, text);
      if (text.startsWith('#!')) await chmod(file, 0o755);
    }
  };
  await write({ 'config/nodes.yaml': LOCAL_NODE, 'config/defaults.yaml': DEFAULTS, ...files });
  const read = (file: string) => readFile(path.join(root, file), 'utf8');
  const start = (args: readonly string[], env: Record<string, string> = {}) =>
    startPlaybook(root, args, env);
  const resultFile = (file: string) => read(path.join('results/latest', file));
  return {
    root,
    write,
    read,
    start,
    playbook: (...args) => start(args).finished,
    resultFile,
    suite: async () => JSON.parse(await resultFile('suite_summary.json')) as SuiteSummary,
    result: async (scenario) =>
      JSON.parse(await resultFile(`${scenario}/result_summary.json`)) as ResultSummary,
    events: async () =>
      (await resultFile('events.ndjson'))
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as StampedEvent),
    list: async (folder) => {
      const entries = await readdir(path.join(root, folder), {
        recursive: true,
        withFileTypes: true,
      });
      return entries
        .filter((entry) => entry.isFile())
        .map((entry) =>
          path.relative(path.join(root, folder), path.join(entry.parentPath, entry.name)),
        )
        .filter((file) => path.join(folder, file) !== IDENTITY)
        .sort();
    },
  };
}

/** Says what was printed where the exit code is another. */
export function expectExit({ exitCode, stdout, stderr }: Finished, expected: number): void {
  expect(exitCode, `${stderr}\n${stdout}`).toBe(expected);
}

function startPlaybook(
  root: string,
  args: readonly string[],
  env: Record<string, string>,
): Started {
  const child = spawn(process.execPath, [PLAYBOOK, ...args], {
    cwd: root,
    env: { ...process.env, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  const watchers = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    watchers.forEach((look) => look());
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const finished = new Promise<Finished>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode, signal) => resolve({ exitCode, signal, stdout, stderr }));
  });
  return {
    child,
    finished,
    event: (passes) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const lines = stdout.split('\n').slice(0, -1);
          const found = lines.map((line) => JSON.parse(line) as StampedEvent).find(passes);
          if (!found) return;
          watchers.delete(look);
          resolve(found);
        };
        watchers.add(look);
        look();
        void finished.then(() =>
          reject(new Error(`playbook ended before the event came:\n${stdout}\n${stderr}`)),
        );
      }),
  };
}

/** The files of a scenario with one service and a script. */
export function scenarioFiles(
  directory: string,
  parts: {
    readonly metadata?: string;
    readonly compose?: string;
    readonly script?: string;
    readonly more?: Files;
  },
): Files {
  const name = directory.replace(/^\d+_/, '');
  const folder = `scenarios/${directory}`;
  const files: Record<string, string> = {
    [`${folder}/metadata.yaml`]: `name: ${name}\n${parts.metadata ?? ''}`,
    [`${folder}/run_test.sh`]: `#!/bin/sh\n${parts.script ?? 'true'}\n`,
  };
  if (parts.compose !== undefined) files[`${folder}/docker-compose.yml`] = parts.compose;
  for (const [file, text] of Object.entries(parts.more ?? {})) files[`${folder}/${file}`] = text;
  return files;
}

/** Whether a process is running. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie is over: whoever should collect it may be slow, or not there in a container.
    const stat = process.platform === 'linux' ? readFileSync(`/proc/${pid}/stat`, 'latin1') : '';
    return !stat.includes(') Z ');
  } catch {
    return false;
  }
}
