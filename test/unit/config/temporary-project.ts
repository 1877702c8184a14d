import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { onTestFinished } from 'vitest';

import { loadProject, problemsFor, type LoadedProject } from '../../../src/config/load.js';
import type { Problem } from '../../../src/model/problem.js';
import type { ScenarioSpec } from '../../../src/model/scenario.js';
import type { ServiceSpec } from '../../../src/model/service.js';

export type Files = Readonly<Record<string, string | Buffer>>;
export type Environment = Readonly<Record<string, string>>;

/** One local node without containers, and one scenario whose script is there: a project without problems. */
export const BASE: Files = {
  'config/nodes.yaml': 'nodes:\n  here:\n    transport: local\n    runtime: process\n',
  'scenarios/one/metadata.yaml': 'name: first\n',
  'scenarios/one/run_test.sh': '#!/bin/sh\n',
};

/** Writes files into a directory that is removed after the test. A name that ends in `/` makes a directory. */
export function writeProject(files: Files): string {
  const root = mkdtempSync(join(tmpdir(), 'playbook-config-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  writeInto(root, files);
  return root;
}

function writeInto(root: string, files: Files): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(root, name);
    if (name.endsWith('/')) {
      mkdirSync(path, { recursive: true });
      continue;
    }
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    if (name.endsWith('.sh')) chmodSync(path, 0o755);
  }
}

/** Loads a project of the base files, with others over them. */
export async function load(files: Files, environment: Environment = {}): Promise<LoadedProject> {
  const base = Object.entries(BASE).filter(([name]) => !(`${name}/` in files));
  return loadProject({
    root: writeProject({ ...Object.fromEntries(base), ...files }),
    environment,
  });
}

/** `file:line:column severity path: message | hint` */
export function show(problem: Problem): string {
  const { file, line, column, severity, path, message, hint } = problem;
  const end = hint === '' ? '' : ` | ${hint}`;
  return `${file}:${line}:${column} ${severity} ${path}: ${message}${end}`;
}

/** All problems of a project, in words. */
export async function problemsOf(
  files: Files,
  environment: Environment = {},
): Promise<readonly string[]> {
  return problemsFor(await load(files, environment), undefined).map(show);
}

/** The only scenario of a project that has no errors. */
export async function scenarioOf(
  files: Files,
  environment: Environment = {},
): Promise<ScenarioSpec> {
  const loaded = await load(files, environment);
  const errors = loaded.problems.filter(({ severity }) => severity === 'error').map(show);
  const [scenario] = loaded.project?.scenarios ?? [];
  if (!scenario || errors.length > 0) throw new Error(`not valid:\n${errors.join('\n')}`);
  return scenario;
}

/** The base project with this `metadata.yaml` (after its name) and compose file. */
export function withServices(metadata: string, compose: string, others: Files = {}): Files {
  return {
    'scenarios/one/metadata.yaml': `name: first\n${metadata}`,
    'scenarios/one/compose.yaml': compose,
    ...others,
  };
}

/** Services of a valid scenario, by their id. */
export async function servicesOf(
  files: Files,
  environment: Environment = {},
): Promise<Readonly<Record<string, ServiceSpec>>> {
  const { services } = await scenarioOf(files, environment);
  return Object.fromEntries(services.map((service) => [service.id, service]));
}

/** Nodes for tests that need several: `here` and `there` run processes, `docked` runs containers, `off` is disabled. */
export const FOUR_NODES = `nodes:
  here: { transport: local, runtime: process }
  there: { transport: ssh, host: 10.0.0.2, runtime: process }
  docked: { transport: ssh, host: 10.0.0.3 }
  off: { transport: ssh, host: 10.0.0.4, enabled: false }
`;
