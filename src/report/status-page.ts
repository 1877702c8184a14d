import { type NodeRow, renderNodeState } from './nodes/node-table.js';
import { type RunRow, renderRuns } from './tables.js';
import { formatSeconds } from './text/duration.js';
import { few, withoutTold } from './text/listing.js';
import { toPrintableLine } from './text/printable.js';
import { plainStyle, type Style, type TextOptions } from './text/style.js';
import { renderTable } from './text/table.js';
import { formatDateTime } from './text/time.js';

/** Something that a run has on a node, as `status --format json` shows it. */
export interface RunningRow {
  readonly node: string;
  /** `container`, `service` (a plain process), `script`, `folder`, `command` (a program of playbook's own). */
  readonly kind: string;
  readonly run: string;
  readonly scenario: string | null;
  readonly service: string | null;
  /** Whether its run is under way, over, or none of this project's. */
  readonly state: 'running' | 'leftover' | 'foreign';
  readonly description: string;
}

/** Who has a node. */
export interface LockRow {
  readonly node: string;
  /** What `playbook unlock` wants to be given. */
  readonly holder: string;
  readonly run: string;
  /** The token of the controller in the names of its folders. */
  readonly controller: string;
  readonly host: string;
  readonly user: string;
  readonly pid: number;
  readonly project: string;
  readonly since: string;
  readonly heartbeat_age_s: number | null;
  /** `held`, `over` (held by a run that is over or gone), `expiring` (its watchdog cleans up), `dead` (nobody does). */
  readonly state: string;
}

/** What a watchdog did for a run that was not heard of any more. */
export interface NoteRow {
  readonly node: string;
  readonly run: string;
  readonly at: string;
  readonly unheard_s: number | null;
  readonly removed: readonly string[];
  readonly left: readonly string[];
}

/** Something that a run which is over still has on a node, as the project's journal says. */
export interface HeldRow {
  readonly node: string;
  readonly run: string;
  readonly what: string;
  /** Where results lie that could not be brought home, which nobody removes without being told to; else none. */
  readonly kept_in: readonly string[];
}

/** Who works on the project itself. */
export interface ProjectHolderRow {
  readonly command: string;
  readonly run: string | null;
  readonly host: string;
  readonly user: string;
  readonly pid: number;
  readonly since: string;
}

/** What `playbook status` knows. */
export interface StatusPage {
  /** `null`: nobody has the project. */
  readonly project_lock: ProjectHolderRow | null;
  readonly nodes: readonly NodeRow[];
  /** What runs on the nodes; `null`: they were not asked. */
  readonly running: readonly RunningRow[] | null;
  /** Who has the nodes, and what watchdogs have to tell; `null`: they were not asked. */
  readonly locks: readonly LockRow[] | null;
  readonly notes: readonly NoteRow[] | null;
  /** What is still to be removed, or kept, on nodes that may not even answer. */
  readonly held: readonly HeldRow[];
  /** Folders of runs on this machine that are under way or were cut off, relative to the project. */
  readonly working_folders: readonly string[];
  readonly last_run: RunRow | null;
}

export function renderStatusPage(page: StatusPage, options: TextOptions = {}): string {
  const { style = plainStyle } = options;
  const section = (title: string, text: string) => `${style.accent(title)}\n${text.trimEnd()}\n`;
  return [
    ...(page.project_lock === null
      ? []
      : [section('At work', renderProjectHolder(page.project_lock))]),
    section('Nodes', renderStates(page.nodes, options)),
    ...(page.running === null
      ? []
      : [section('On the nodes', renderRunning(page.running, page.nodes, options))]),
    ...(page.locks === null || page.locks.length === 0
      ? []
      : [section('Held by', renderLocks(page.locks, options))]),
    ...(page.notes === null || page.notes.length === 0
      ? []
      : [section('Cleaned up by watchdogs', renderNotes(page.notes, options))]),
    ...(page.held.length === 0
      ? []
      : [section('Left by runs that are over', renderHeld(page.held, options))]),
    section(
      'Working folders',
      page.working_folders.length === 0
        ? style.faint(
            page.project_lock === null
              ? 'none: no run is under way, and none was cut off'
              : 'none on this machine',
          )
        : page.working_folders.join('\n'),
    ),
    section(
      'Last run',
      page.last_run === null
        ? style.faint('none yet: playbook run --all')
        : renderRuns([page.last_run], options),
    ),
  ].join('\n');
}

function renderProjectHolder({ command, run, user, host, pid, since }: ProjectHolderRow): string {
  const what = run === null ? `playbook ${command}` : `run ${run}`;
  return toPrintableLine(
    `${what}, process ${pid} of ${user}@${host}, since ${formatDateTime(since)}`,
  );
}

function renderStates(rows: readonly NodeRow[], options: TextOptions): string {
  const { style = plainStyle } = options;
  return renderTable(
    ['NODE', 'HOST', 'TRANSPORT', 'RUNTIME', 'STATE'].map((title) => ({ title })),
    rows.map((row) => [
      style.strong(row.name),
      row.host,
      row.transport,
      row.runtime,
      [renderNodeState(row, style), ...row.problems.map(toPrintableLine)].join('\n'),
    ]),
    options,
  );
}

function renderRunning(
  rows: readonly RunningRow[],
  nodes: readonly NodeRow[],
  options: TextOptions,
): string {
  const { style = plainStyle } = options;
  if (rows.length === 0) {
    const isEveryone = nodes.every(({ enabled, reachable }) => !enabled || reachable === true);
    return style.faint(
      isEveryone ? 'nothing of any run' : 'nothing of any run, as far as they answer',
    );
  }
  return renderTable(
    ['NODE', 'RUN', 'SCENARIO', 'SERVICE', 'STATE', 'WHAT'].map((title) => ({ title })),
    rows.map((row) => [
      style.strong(row.node),
      row.run,
      row.scenario ?? style.signs.none,
      row.service ?? (row.kind === 'script' ? '(test script)' : style.signs.none),
      renderState(row, style),
      toPrintableLine(row.description),
    ]),
    options,
  );
}

function renderLocks(rows: readonly LockRow[], options: TextOptions): string {
  const { style = plainStyle } = options;
  return renderTable(
    ['NODE', 'HOLDER', 'RUN', 'BY', 'SINCE', 'LAST HEARD OF', 'STATE'].map((title) => ({ title })),
    rows.map((row) => [
      style.strong(row.node),
      toPrintableLine(row.holder),
      toPrintableLine(row.run),
      toPrintableLine(`${row.user}@${row.host} ${row.project}`),
      toPrintableLine(formatDateTime(row.since)),
      row.heartbeat_age_s === null ? style.signs.none : `${formatSeconds(row.heartbeat_age_s)} ago`,
      row.state === 'held' ? style.good('held') : style.caution(toPrintableLine(row.state)),
    ]),
    options,
  );
}

function renderNotes(rows: readonly NoteRow[], options: TextOptions): string {
  const { style = plainStyle } = options;
  const told = new Set<string>();
  return renderTable(
    ['NODE', 'RUN', 'AT', 'REMOVED', 'LEFT'].map((title) => ({ title })),
    rows.map((row) => [
      style.strong(row.node),
      toPrintableLine(row.run),
      toPrintableLine(formatDateTime(row.at)),
      few(withoutTold(row.removed, told)).map(toPrintableLine).join('\n') || style.signs.none,
      row.left.map(toPrintableLine).join('\n') || style.signs.none,
    ]),
    options,
  );
}

function renderHeld(rows: readonly HeldRow[], options: TextOptions): string {
  const { style = plainStyle } = options;
  const cleaner = (kept: boolean) =>
    kept ? 'playbook cleanup --kept removes it' : 'the next run, or playbook cleanup, removes it';
  return renderTable(
    ['NODE', 'RUN', 'WHAT', ''].map((title) => ({ title })),
    rows.map(({ node, run, what, kept_in }) => [
      style.strong(node),
      run,
      [what, ...kept_in].map(toPrintableLine).join('\n'),
      style.faint(cleaner(kept_in.length > 0)),
    ]),
    options,
  );
}

function renderState({ state }: RunningRow, style: Style): string {
  switch (state) {
    case 'running':
      // Not what a container or a folder does, but what becomes of it.
      return style.good('in use');
    case 'leftover':
      return style.caution('leftover');
    case 'foreign':
      return style.faint('foreign');
  }
}
