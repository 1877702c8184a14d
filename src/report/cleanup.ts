import { few, withoutTold } from './text/listing.js';
import { toPrintableLine } from './text/printable.js';
import { plainStyle, type TextOptions } from './text/style.js';

/** What `cleanup --format json` prints. */
export interface CleanUpPage {
  readonly nodes: readonly {
    readonly run: string;
    readonly node: string;
    readonly status: 'clean' | 'left' | 'unreachable' | 'unknown' | 'stopped';
    readonly removed: readonly string[];
    readonly left: readonly string[];
    readonly message: string | null;
  }[];
  readonly kept: readonly KeptRow[];
  /** Results that were kept, and are not there any more. */
  readonly gone: readonly KeptRow[];
  readonly interrupted_runs: readonly string[];
  readonly forgotten: readonly {
    readonly run: string;
    readonly node: string;
    readonly what: string;
  }[];
}

interface KeptRow {
  readonly run: string;
  readonly node: string;
  readonly scenario: string;
  readonly paths: readonly string[];
}

/** What was removed and what is left, node by node. */
export function renderCleanUp(page: CleanUpPage, { style = plainStyle }: TextOptions = {}): string {
  const told = new Set<string>();
  const lines = [
    ...page.interrupted_runs.map((run) => `run ${run} was interrupted: playbook results ${run}`),
    ...page.nodes.flatMap((node) => renderNode(node, style, told)),
    ...page.forgotten.map(({ run, node, what }) => `${node}: given up: ${what} of run ${run}`),
    ...page.gone.map(
      ({ run, node, scenario, paths }) =>
        `${node}: results of ${scenario} (run ${run}) that could not be brought home are not in ${toPrintableLine(paths.join(', '))} any more`,
    ),
    ...page.kept.flatMap(({ run, node, scenario, paths }) => [
      `${node}: results of ${scenario} (run ${run}) could not be brought home, and are kept in`,
      ...paths.map((path) => `  ${toPrintableLine(path)}`),
    ]),
    ...(page.kept.length > 0 ? ['save them, then: playbook cleanup --kept'] : []),
  ];
  return lines.length === 0 ? 'nothing to clean up' : lines.join('\n');
}

function renderNode(
  { run, node, status, removed, left, message }: CleanUpPage['nodes'][number],
  style: NonNullable<TextOptions['style']>,
  told: Set<string>,
): readonly string[] {
  const indent = (items: readonly string[]) => items.map((item) => `  ${toPrintableLine(item)}`);
  const news = withoutTold(removed, told);
  const gone = news.length === 0 ? [] : [`${node}: removed of run ${run}:`, ...indent(few(news))];
  switch (status) {
    case 'clean':
      return [
        ...(gone.length === 0 ? [`${node}: nothing of run ${run} is left there`] : gone),
        ...(message === null ? [] : [`  ${toPrintableLine(message)}`]),
      ];
    case 'left':
      return [
        ...gone,
        `${style.bad('LEFT')} ${node}: ${toPrintableLine(message ?? '')}`,
        // Unless the message has told it.
        ...indent(left.filter((item) => message?.includes(item) !== true)),
      ];
    case 'unreachable':
      return [`${style.bad('UNREACHABLE')} ${node}: ${toPrintableLine(message ?? '')}`];
    case 'unknown':
      return [
        `${style.bad('UNKNOWN')} ${toPrintableLine(message ?? '')}`,
        `  what run ${run} has left there cannot be removed; give it up with: playbook cleanup --forget ${node}`,
      ];
    case 'stopped':
      return [`${node}: ${message ?? ''}`];
  }
}
