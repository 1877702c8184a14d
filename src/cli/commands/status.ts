import { readdir } from 'node:fs/promises';
import path from 'node:path';

import { Command } from 'commander';

import type { Project } from '../../model/project.js';
import type {
  HeldRow,
  LockRow,
  NoteRow,
  ProjectHolderRow,
  RunningRow,
  StatusPage,
} from '../../report/status-page.js';
import type { WatchdogNote } from '../../run/lease/answer.js';
import type { LockState } from '../../run/lease/look.js';
import type { LockHolder } from '../../run/locks/holder.js';
import type { Inhabitant, LookOptions } from '../../run/presence/look.js';
import { type Globals, globalsOf } from '../globals.js';
import { openNodes } from '../open-project.js';
import { type Format, formatOption, note, printAs } from '../output.js';
import { textOptions } from '../text-style.js';

/** Whoever does not answer by then is shown as unreachable: `health` has more patience. */
const ANSWER_MS = 8_000;

interface Options {
  readonly offline?: boolean;
  readonly format: Format;
}

export function statusCommand(): Command {
  return new Command('status')
    .description('the nodes, what runs on them now, what runs have left, and the last run')
    .option('--offline', 'ask no node')
    .addOption(formatOption())
    .addHelpText(
      'after',
      `
What is on the nodes is in use (its run is under way; "running" in JSON), a leftover (its run is
over) or foreign (another project or machine has started it).

Examples:
  $ playbook status
  $ playbook status --offline
  $ playbook status --format json | jq '.running[] | select(.state == "leftover")'`,
    )
    .action(async (options: Options, command: Command) => {
      const globals = globalsOf(command);
      const project = await openNodes(globals);
      const { readRuns } = await import('../../results/read.js');
      const { projectHolder, runsUnderWay } = await import('../../run/locks/project-lock.js');
      const isRunning = await runsUnderWay(project.root);
      const runs = await readRuns(path.join(project.root, 'results'), isRunning);
      const names = new Set(runs.map(({ run }) => run));
      const look = options.offline
        ? null
        : await lookAtNodes(globals, project, { isRunning, isOurs: (run) => names.has(run) });
      if (look?.interruption !== undefined) {
        process.exitCode = look.interruption;
        return;
      }
      const status: StatusPage = {
        project_lock: documentHolder(await projectHolder(project.root)),
        nodes: project.nodes.map(({ name, host, transport, enabled, runtime }) => ({
          name,
          host,
          transport,
          enabled,
          runtime,
          reachable: look === null || !enabled ? null : !look.failures.has(name),
          problems: [look?.failures.get(name)?.message].filter((message) => message !== undefined),
        })),
        running: look?.inhabitants.map(documentInhabitant) ?? null,
        locks: look?.locks.flatMap(documentLock) ?? null,
        notes: look?.locks.flatMap(documentNotes) ?? null,
        held: await heldByEarlier(project, isRunning),
        working_folders: await workingFolders(project.root),
        last_run: runs[0] ?? null,
      };
      const { renderStatusPage } = await import('../../report/status-page.js');
      const text = await textOptions(globals, process.stdout);
      await printAs(options.format, status, () => renderStatusPage(status, text));
    });
}

function documentHolder(holder: LockHolder | null): ProjectHolderRow | null {
  if (holder === null) return null;
  const { command, run, host, user, pid, since } = holder;
  return { command, run, host, user, pid, since };
}

/** What the journal says that runs which are over still have on nodes, reachable or not. */
async function heldByEarlier(
  { root, nodes }: Project,
  isRunning: (run: string) => boolean,
): Promise<readonly HeldRow[]> {
  const [{ readJournal }, { nameNode }, { controllerToken }] = await Promise.all([
    import('../../run/journal/read-journal.js'),
    import('../../run/journal/holding.js'),
    import('../../run/controller.js'),
  ]);
  const machines = nodes.map(nameNode);
  const read = await readJournal({ root, controller: controllerToken(root), machines });
  if (!read.ok) {
    note(`playbook: ${read.failure.message}`);
    return [];
  }
  return read.value.runs
    .filter(({ run }) => !isRunning(run))
    .flatMap(({ run, open, kept }) => [
      ...[...open.values()].map(({ node, description }) => ({
        ...{ node, run, what: description, kept_in: [] },
      })),
      ...[...kept.values()].map(({ node, scenario, folders, directories }) => ({
        ...{ node, run, what: `results of ${scenario}`, kept_in: [...folders, ...directories] },
      })),
    ]);
}

async function lookAtNodes(
  globals: Globals,
  project: Project,
  judges: Pick<LookOptions, 'isRunning' | 'isOurs'>,
) {
  const [
    { composeAdapters },
    { lookAround },
    { lookAtLocks },
    { startDeadline },
    { untilSignalled },
    { createRedactor },
  ] = await Promise.all([
    import('../adapters.js'),
    import('../../run/presence/look.js'),
    import('../../run/lease/look.js'),
    import('../../async/deadline.js'),
    import('../signals.js'),
    import('../../remote/redaction.js'),
  ]);
  const { pool, clock, warnings, controller } = composeAdapters(project);
  if (!globals.isQuiet) warnings.listen((message) => note(`playbook: ${message}`));
  const signals = untilSignalled();
  const deadline = startDeadline(clock, ANSWER_MS, signals.signal);
  const enabled = project.nodes.filter((node) => node.enabled);
  const question = { pool, root: project.root, signal: deadline.signal };
  const [look, locks] = await Promise.all([
    lookAround(enabled, { ...question, limitMs: ANSWER_MS, ...judges }),
    lookAtLocks([controller, ...enabled], { ...question, isRunning: judges.isRunning }),
  ]);
  deadline.clear();
  signals.dispose();
  // A dial that nobody answers takes its time to end; the user need not wait for it.
  void pool.closeAll();
  const mask = createRedactor(project.secrets).text;
  return {
    interruption: signals.exitCode(),
    failures: look.failures,
    locks,
    inhabitants: look.inhabitants.map((inhabitant) => ({
      ...inhabitant,
      description: mask(inhabitant.description),
    })),
  };
}

function documentLock({ node, holder, state }: LockState): readonly LockRow[] {
  if (!holder) return [];
  const { id, run, controller, machine, user, pid, project, since, ageSeconds } = holder;
  const where = { host: machine, user, pid: Number(pid), project };
  return [
    { node, holder: id, run, controller, ...where, since, heartbeat_age_s: ageSeconds, state },
  ];
}

function documentNotes({ node, notes }: LockState): readonly NoteRow[] {
  const told = (things: WatchdogNote['removed']) =>
    things.map(({ kind, description }) => `${kind} ${description}`);
  return notes.map(({ run, at, waitedSeconds, removed, left }) => ({
    node,
    run,
    at,
    unheard_s: waitedSeconds,
    removed: told(removed),
    left: told(left),
  }));
}

function documentInhabitant(inhabitant: Inhabitant): RunningRow {
  const { at, kind, run, scenario, service, state, description } = inhabitant;
  return { node: at, kind, run, scenario, service, state, description };
}

/** What runs that are under way, or died, have on this machine; relative to the project. */
async function workingFolders(root: string): Promise<readonly string[]> {
  const state = path.join(root, '.playbook');
  const bases = [
    'work',
    ...(await foldersIn(path.join(state, 'nodes'))).map((node) => `nodes/${node}`),
  ];
  const found = await Promise.all(
    bases.map(async (base) =>
      (await foldersIn(path.join(state, base)))
        .filter((name) => name.startsWith('playbook-'))
        .map((name) => path.posix.join('.playbook', base, name)),
    ),
  );
  return found.flat().sort();
}

async function foldersIn(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
