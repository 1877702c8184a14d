import { renderTable } from '../text/table.js';
import { plainStyle, type Style, type TextOptions } from '../text/style.js';

/** One node as `nodes --format json` shows it. */
export interface NodeRow {
  readonly name: string;
  readonly host: string;
  readonly transport: string;
  readonly enabled: boolean;
  /** `null`: nobody has looked. */
  readonly reachable: boolean | null;
  /** `process`, `docker`. */
  readonly runtime: string;
  readonly problems: readonly string[];
}

/** What `nodes.yaml` says; nothing is asked of the nodes. */
export function renderNodes(rows: readonly NodeRow[], options: TextOptions = {}): string {
  const { style = plainStyle } = options;
  return renderTable(
    ['NODE', 'HOST', 'TRANSPORT', 'RUNTIME', 'ENABLED'].map((title) => ({ title })),
    rows.map((row) => [
      style.strong(row.name),
      row.host,
      row.transport,
      row.runtime,
      row.enabled ? 'yes' : style.faint('no'),
    ]),
    options,
  );
}

/** How a node was found, in a word. */
export function renderNodeState(row: NodeRow, style: Style): string {
  if (!row.enabled) return style.faint('disabled');
  if (row.reachable === null) return style.faint('not checked');
  if (!row.reachable) return style.bad('unreachable');
  return row.problems.length === 0 ? style.good('ok') : style.caution('problems');
}
