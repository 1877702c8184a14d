import type { FailureKind } from '../../model/failure.js';
import type { ImageFacts, NodeFacts } from '../../model/node-facts.js';
import type { FailureRecord } from '../../model/result.js';
import { renderFailure } from '../failure.js';
import { count } from '../text/count.js';
import { toPrintableLine } from '../text/printable.js';
import { formatSize } from '../text/size.js';
import { plainStyle, type Style, type TextOptions } from '../text/style.js';
import { renderTable } from '../text/table.js';
import {
  describeGpus,
  describeImages,
  describeSkew,
  describeVersions,
  leastFree,
} from './facts.js';
import type { NodeRow } from './node-table.js';

/** One node as `health --format json` shows it. */
export interface HealthRow extends NodeRow {
  /** How thoroughly it was looked at; `null`: not at all. */
  readonly strategy: string | null;
  readonly facts: NodeFacts | null;
  readonly images: readonly ImageFacts[];
  readonly failures: readonly FailureRecord[];
  readonly warnings: readonly string[];
}

/** What asking the nodes has shown: a table, and below it what is wrong and what to do about it. */
export function renderHealth(rows: readonly HealthRow[], options: TextOptions = {}): string {
  const sections = [
    renderHealthTable(rows, options),
    ...rows.flatMap((row) => renderFindings(row, options)),
  ];
  return sections.join('\n\n');
}

/** Columns that say nothing of any node are left out. */
function renderHealthTable(rows: readonly HealthRow[], options: TextOptions): string {
  const { style = plainStyle } = options;
  const { none } = style.signs;
  const columns: readonly {
    readonly title: string;
    readonly isOptional?: boolean;
    readonly align?: 'right';
    readonly cell: (row: HealthRow) => string;
  }[] = [
    { title: 'NODE', cell: ({ name }) => style.strong(name) },
    { title: 'HOST', cell: ({ host }) => host },
    { title: 'STATE', cell: (row) => renderHealthState(row, style) },
    { title: 'RUNTIME', cell: describeRuntime },
    {
      title: 'GPUS',
      isOptional: true,
      cell: ({ facts }) => (facts?.gpus ? describeGpus(facts.gpus) : ''),
    },
    {
      title: 'DISK FREE',
      align: 'right',
      cell: ({ facts }) => {
        const free = facts && leastFree(facts);
        return free === null ? none : formatSize(free);
      },
    },
    {
      title: 'CLOCK',
      isOptional: true,
      align: 'right',
      cell: ({ facts }) => (facts ? describeSkew(facts) : ''),
    },
  ];
  const shown = columns.filter(
    ({ isOptional = false, cell }) => !isOptional || rows.some((row) => cell(row) !== ''),
  );
  return renderTable(
    shown.map(({ title, align }) => ({ title, ...(align ? { align } : {}) })),
    rows.map((row) => shown.map(({ cell, isOptional }) => cell(row) || (isOptional ? none : ''))),
    options,
  );
}

function describeRuntime({ runtime, facts }: HealthRow): string {
  return facts?.docker == null ? runtime : describeVersions(facts).join(', ');
}

/** What keeps everybody out has a word of its own. */
const STATES: Partial<Record<FailureKind, string>> = {
  unreachable: 'unreachable',
  connection_lost: 'unreachable',
  authentication: 'login refused',
  host_key: 'host key',
};

/** In one or two words, why or whether. */
function renderHealthState(row: HealthRow, style: Style): string {
  if (!row.enabled && row.strategy === null) return style.faint('disabled');
  if (row.strategy === null) return style.faint('not checked');
  const [first] = row.failures;
  if (!first) return row.warnings.length === 0 ? style.good('ok') : style.caution('warnings');
  const word = STATES[first.kind] ?? (row.failures.length === 1 ? 'problem' : 'problems');
  return style.bad(word);
}

function renderFindings(row: HealthRow, { style = plainStyle }: TextOptions): string[] {
  const lines = [
    ...row.failures.flatMap((failure) => {
      const [first = '', ...rest] = renderFailure(
        failure.node === row.name ? { ...failure, node: null, service: null } : failure,
        { style },
      );
      return [`  ${style.bad(style.signs.failed)} ${first}`, ...rest.map((line) => `  ${line}`)];
    }),
    ...row.warnings.map(
      (warning) => `  ${style.caution(style.signs.warning)} ${toPrintableLine(warning)}`,
    ),
    ...(describeImages(row.images) === '' ? [] : [`  ${style.faint(describeImages(row.images))}`]),
  ];
  return lines.length === 0 ? [] : [[style.strong(row.name), ...lines].join('\n')];
}

/** One line on all of them. */
export function renderHealthSummary(
  rows: readonly HealthRow[],
  { style = plainStyle }: TextOptions,
): string {
  const checked = rows.filter(({ strategy }) => strategy !== null);
  const bad = checked.filter(({ failures }) => failures.length > 0);
  if (bad.length === 0) return style.good(`${count(checked.length, 'node')}, all fit`);
  return style.bad(
    `${bad.length} of ${count(checked.length, 'node')} cannot be used: ${bad.map(({ name }) => name).join(', ')}`,
  );
}
