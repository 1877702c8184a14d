export interface MarkdownColumn {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** A table; the cells are Markdown already. */
export function renderMarkdownTable(
  columns: readonly MarkdownColumn[],
  rows: readonly (readonly string[])[],
): string {
  return [
    renderRow(columns.map(({ title }) => title)),
    renderRow(columns.map(({ align }) => (align === 'right' ? '---:' : '---'))),
    ...rows.map(renderRow),
  ].join('\n');
}

/** Facts with their names, without a header of their own. */
export function renderFacts(facts: readonly (readonly [string, string])[]): string {
  const filled = facts.filter(([, value]) => value !== '');
  return renderMarkdownTable([{ title: '' }, { title: '' }], filled);
}

function renderRow(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
