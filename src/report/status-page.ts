import { type NodeRow, type RunRow, renderNodes, renderRuns } from './tables.js';
import { plainStyle, type TextOptions } from './text/style.js';

/** What `playbook status` knows. */
export interface StatusPage {
  readonly nodes: readonly NodeRow[];
  /** Folders of runs that are under way or were cut off, relative to the project. */
  readonly working_folders: readonly string[];
  readonly last_run: RunRow | null;
}

export function renderStatusPage(page: StatusPage, options: TextOptions = {}): string {
  const { style = plainStyle } = options;
  const section = (title: string, text: string) => `${style.accent(title)}\n${text.trimEnd()}\n`;
  return [
    section('Nodes', renderNodes(page.nodes, options)),
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
