import { stat } from 'node:fs/promises';
import path from 'node:path';

import type { LoadedProject } from '../config/load.js';
import { ExitCode } from '../model/exit-code.js';
import type { Problem } from '../model/problem.js';
import type { Project } from '../model/project.js';
import { CliError } from './error.js';
import type { Globals } from './globals.js';
import { note } from './output.js';
import { sourceLines } from './source-lines.js';
import { textOptions } from './text-style.js';

/** Reads a project as it is, with all its problems. */
export async function readProject(globals: Globals): Promise<LoadedProject> {
  const { root } = globals;
  if (!(await isFolder(root))) {
    throw new CliError(`${root} is not a folder`, ExitCode.usage, 'name the project with -C DIR');
  }
  if (globals.configDir !== null && !(await isFolder(globals.configDir))) {
    throw new CliError(`${globals.configDir} is not a folder`, ExitCode.usage);
  }
  if (globals.configDir === null && !(await isFolder(path.join(root, 'config')))) {
    throw new CliError(
      `${root} is no project: it has no config/`,
      ExitCode.usage,
      'name one with -C DIR, or make one with: playbook init DIR',
    );
  }
  const { loadProject } = await import('../config/load.js');
  return loadProject({
    root: globals.root,
    ...(globals.configDir === null ? {} : { configDir: globals.configDir }),
    environment: process.env,
  });
}

async function isFolder(folder: string): Promise<boolean> {
  try {
    return (await stat(folder)).isDirectory();
  } catch {
    return false;
  }
}

/** Reads a project that something is to be done with: what concerns its scenarios has to be in order. */
export async function openProject(
  globals: Globals,
  scenarios: readonly string[] = [],
): Promise<Project> {
  return (await openWithWarnings(globals, scenarios)).project;
}

/** A project in order, where something in its files may still be doubtful. */
export interface OpenedProject {
  readonly project: Project;
  /** Of what these scenarios stand on, by name. */
  readonly warningsFor: (scenarios: readonly string[]) => readonly Problem[];
  /** Hides known secrets. */
  readonly mask: (text: string) => string;
}

/** The same, for those who tell also what is no error. */
export async function openWithWarnings(
  globals: Globals,
  scenarios: readonly string[] = [],
): Promise<OpenedProject> {
  const loaded = await readProject(globals);
  const { problemsFor } = await import('../config/load.js');
  const problems = problemsFor(loaded, scenarios.length > 0 ? scenarios : undefined);
  return {
    project: await requireOrder(loaded, problems, globals),
    warningsFor: (names) =>
      problemsFor(loaded, names).filter(({ severity }) => severity === 'warning'),
    mask: loaded.mask,
  };
}

/** Shows what is doubtful, where nothing is run that would tell of it. */
export async function noteWarnings(
  warnings: readonly Problem[],
  mask: OpenedProject['mask'],
  globals: Globals,
): Promise<void> {
  if (warnings.length === 0 || globals.isQuiet) return;
  const { renderProblems } = await import('../report/problems.js');
  const text = await textOptions(globals, process.stderr);
  note(`${renderProblems(warnings, { ...text, sourceLine: sourceLines(globals.root, mask) })}\n`);
}

/** Reads a project for its nodes: a broken scenario is no reason not to look at them. */
export async function openNodes(globals: Globals): Promise<Project> {
  const loaded = await readProject(globals);
  const { problemsForNodes } = await import('../config/load.js');
  const names = loaded.project?.nodes.map(({ name }) => name) ?? [];
  return requireOrder(loaded, problemsForNodes(loaded, names), globals);
}

async function requireOrder(
  { project, mask }: LoadedProject,
  problems: readonly Problem[],
  globals: Globals,
): Promise<Project> {
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (errors.length === 0 && project !== null) return project;
  const { renderProblems } = await import('../report/problems.js');
  const text = await textOptions(globals, process.stderr);
  note(renderProblems(errors, { ...text, sourceLine: sourceLines(globals.root, mask) }));
  throw new CliError('nothing was done: the configuration is not in order', ExitCode.usage);
}

/** Refuses names that the project does not have, with the nearest one that it has. */
export async function refuseUnknown(
  unknown: readonly string[],
  known: readonly string[],
): Promise<void> {
  const [first] = unknown;
  if (first === undefined) return;
  const { suggest } = await import('../config/value/nearest.js');
  const suggestion = suggest(first, known, 'the project has');
  const hint = `${suggestion === '' ? '' : `${suggestion} `}playbook scenarios lists them all`;
  throw new CliError(`unknown scenario ${unknown.join(', ')}`, ExitCode.usage, hint);
}
