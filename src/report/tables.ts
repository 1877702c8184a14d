import { renderTable } from './text/table.js';
import { count } from './text/count.js';
import { formatSeconds } from './text/duration.js';
import { toPrintableLine } from './text/printable.js';
import { renderStatus, type RunStatus } from './text/status.js';
import { plainStyle, type TextOptions } from './text/style.js';

/** In columns. */
const ROOM_FOR_DESCRIPTIONS = 110;

/** One scenario as `scenarios` lists it. */
export interface ScenarioRow {
  readonly name: string;
  readonly directory: string;
  readonly enabled: boolean;
  readonly services: number;
  readonly nodes: readonly string[];
  readonly tags: readonly string[];
  readonly estimated_duration_s: number | null;
  readonly description: string;
}

/** One run as `results --format json` shows it. */
export interface RunRow {
  readonly run: string;
  readonly status: RunStatus;
  readonly started_at: string | null;
  readonly duration_s: number | null;
  readonly resumed_from?: string | null;
  readonly resumed_by?: string | null;
  readonly scenarios: readonly {
    readonly name: string;
    readonly status: RunStatus;
    readonly duration_s: number | null;
    readonly kept_from?: string | null;
  }[];
}

/** The scenarios in order; descriptions only where the terminal has room for them. */
export function renderScenarios(rows: readonly ScenarioRow[], options: TextOptions = {}): string {
  const { style = plainStyle, width = 80 } = options;
  const isWide = width >= ROOM_FOR_DESCRIPTIONS;
  return renderTable(
    [
      { title: 'SCENARIO' },
      { title: 'DIRECTORY' },
      { title: 'ENABLED' },
      { title: 'SERVICES', align: 'right' },
      { title: 'ESTIMATE', align: 'right' },
      { title: 'TAGS' },
      ...(isWide ? [{ title: 'DESCRIPTION' }] : []),
    ],
    rows.map((row) => [
      style.strong(row.name),
      row.directory,
      row.enabled ? 'yes' : style.faint('no'),
      String(row.services),
      row.estimated_duration_s === null
        ? style.faint(style.signs.none)
        : formatSeconds(row.estimated_duration_s),
      row.tags.join(', '),
      ...(isWide ? [toPrintableLine(row.description)] : []),
    ]),
    options,
  );
}

export function renderRuns(rows: readonly RunRow[], options: TextOptions = {}): string {
  const { style = plainStyle } = options;
  const hasChains = rows.some((row) => row.resumed_from != null);
  return renderTable(
    [
      { title: 'RUN' },
      { title: 'STATUS' },
      { title: 'TOOK', align: 'right' },
      { title: 'SCENARIOS' },
      ...(hasChains ? [{ title: 'CONTINUES' }] : []),
    ],
    rows.map((row) => [
      style.strong(row.run),
      renderStatus(row.status, style),
      row.duration_s === null ? style.signs.none : formatSeconds(row.duration_s),
      countStatuses(row),
      ...(hasChains ? [row.resumed_from ?? style.signs.none] : []),
    ]),
    options,
  );
}

/** `3 completed (2 kept), 1 failed`, in the order in which they first appear. */
function countStatuses({ scenarios }: RunRow): string {
  if (scenarios.length === 0) return count(0, 'scenario');
  const amounts = new Map<RunStatus, number>();
  for (const { status } of scenarios) amounts.set(status, (amounts.get(status) ?? 0) + 1);
  const kept = scenarios.filter((scenario) => scenario.kept_from != null).length;
  return [...amounts]
    .map(([status, amount]) => {
      const ofThem = status === 'completed' && kept > 0 ? ` (${kept} kept)` : '';
      return `${amount} ${status}${ofThem}`;
    })
    .join(', ');
}
