import type { ForeignUse } from '../../model/foreign-use.js';
import { describeForeignUse } from '../nodes/foreign.js';
import { code, escapeText } from './escape.js';
import { renderFacts, renderMarkdownTable } from './table.js';

/** What a result was made with, so that it can be made again: as `test_metadata.json` holds it. */
export interface ReportBackground {
  readonly nodes: readonly {
    readonly name: string;
    readonly host: string;
    readonly transport: string;
    readonly runtime: string;
  }[];
  readonly versions: {
    readonly playbook: string;
    readonly node: string;
    readonly platform: string;
  };
  readonly provenance: {
    readonly hostname: string;
    readonly user: string;
    /** `null`: the project is no git checkout. */
    readonly git: { readonly commit: string; readonly dirty: boolean } | null;
    /** By node: what others did on it right before; `null` where nobody could look. */
    readonly foreign?: Readonly<Record<string, ForeignUse | null>>;
  };
}

export function renderNodeTable({ nodes }: ReportBackground): string {
  if (nodes.length === 0) return '';
  return renderMarkdownTable(
    ['node', 'host', 'transport', 'runtime'].map((title) => ({ title })),
    nodes.map(({ name, host, transport, runtime }) => [
      code(name),
      code(host),
      escapeText(transport),
      escapeText(runtime),
    ]),
  );
}

/** Who shared the nodes: their numbers may not be those of the nodes alone. */
export function renderForeignUse({ provenance }: ReportBackground): string {
  return Object.entries(provenance.foreign ?? {})
    .flatMap(([node, use]) =>
      (use === null ? [] : describeForeignUse(use)).map(
        (what) => `- ${code(node)}: ${escapeText(what)}`,
      ),
    )
    .join('\n');
}

export function renderOrigin({ versions, provenance }: ReportBackground): string {
  const { git, user, hostname } = provenance;
  const changes = git?.dirty ? ', with changes that are not committed' : '';
  return renderFacts([
    ['playbook', escapeText(versions.playbook)],
    ['Node.js', escapeText(versions.node)],
    ['platform', escapeText(versions.platform)],
    ['run by', escapeText(`${user} on ${hostname}`)],
    ['project', git === null ? 'not in git' : `commit ${code(git.commit)}${changes}`],
  ]);
}
