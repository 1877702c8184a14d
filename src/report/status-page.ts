import { type NodeRow, renderNodeState } from './nodes/node-table.js';
import { type RunRow, renderRuns } from './tables.js';
import { toPrintableLine } from './text/printable.js';
import { plainStyle, type Style, type TextOptions } from './text/style.js';
import { renderTable } from './text/table.js';

/** Something that a run has on a node, as `status --format json` shows it. */
export interface RunningRow {
  readonly node: string;
  /** `container`, `service` (a plain process), `script`, `folder`. */
  readonly kind: string;
  readonly run: string;
  readonly scenario: string | null;
  readonly service: string | null;
  /** Whether its run is under way, over, or none of this project's. */
  readonly state: 'running' | 'leftover' | 'foreign';
  readonly description: string;
}

/** What `playbook status` knows. */
export interface StatusPage {
  readonly nodes: readonly NodeRow[];
  /** What runs on the nodes; `null`: they were not asked. */
  readonly running: readonly RunningRow[] | null;
  /** Folders of runs on this machine that are under way or were cut off, relative to the project. */
  readonly working_folders: readonly string[];
  readonly last_run: RunRow | null;
}

export function renderStatusPage(page: StatusPage, options: TextOptions = {}): string {
  const { style = plainStyle } = options;
  const section = (title: string, text: string) => `${style.accent(title)}\n${text.trimEnd()}\n`;
  return [
    section('Nodes', renderStates(page.nodes, options)),
    ...(page.running === null
      ? []
      : [section('On the nodes', renderRunning(page.running, page.nodes, options))]),
    section(
      'Working folders',
      page.working_folders.length === 0
        ? style.faint('none: no run is under way, and none was cut off')
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

function renderState({ state }: RunningRow, style: Style): string {
  switch (state) {
    case 'running':
      return style.good('running');
    case 'leftover':
      return style.caution('leftover');
    case 'foreign':
      return style.faint('foreign');
  }
}
