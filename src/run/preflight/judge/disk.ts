import type { NodeSpec } from '../../../model/node.js';
import type { DiskFacts } from '../../../model/node-facts.js';
import { formatSize, formatWrittenSize } from '../../../report/text/size.js';
import { type Findings, problemOf } from '../findings.js';

const CONTENT = {
  work: 'working folders',
  results: 'results of scripts',
  docker: 'images and containers',
} as const;
const SETTING = { work: 'docker_compose_path', results: 'results_path', docker: null } as const;

export interface DiskAnswer {
  readonly disks: readonly DiskFacts[];
  /** Where the login may not write. */
  readonly forbidden: readonly { readonly use: DiskFacts['use']; readonly path: string }[];
}

/**
 * Whether there is room for what a run puts on a node.
 *
 * @param room `floorBytes` is what the user wants to be free, `filesBytes` what is copied there.
 */
export function judgeDisks(
  node: NodeSpec,
  { disks, forbidden }: DiskAnswer,
  room: { readonly floorBytes: number; readonly filesBytes: number },
): Findings {
  const neededFor = (use: DiskFacts['use']) =>
    use === 'work' ? room.floorBytes + room.filesBytes : room.floorBytes;
  const describeNeed = (use: DiskFacts['use']) => {
    const forFiles = use === 'work' && room.filesBytes > 0 ? formatSize(room.filesBytes) : null;
    const floor = room.floorBytes > 0 ? formatWrittenSize(room.floorBytes) : null;
    if (forFiles === null) return floor ?? formatSize(0);
    return floor === null ? forFiles : `${floor} and ${forFiles} for files of scenarios`;
  };
  const full = disks
    .filter(({ use, free_bytes }) => free_bytes < neededFor(use))
    .map(({ use, path, free_bytes }) =>
      problemOf(
        node,
        'disk_full',
        `only ${formatSize(free_bytes)} are free at ${path}, where ${CONTENT[use]} go; ${describeNeed(use)} are needed`,
        use === 'docker'
          ? 'free some: docker system df; or lower service_health_check.min_free_disk'
          : `free some, set ${SETTING[use]} elsewhere, or lower service_health_check.min_free_disk`,
      ),
    );
  const closed = forbidden
    // The daemon writes there, not the login.
    .filter(({ use }) => use !== 'docker')
    .map(({ use, path }) =>
      problemOf(
        node,
        'transfer',
        `no permission to write to ${path}, where ${CONTENT[use]} go`,
        `let the login write there, or set ${SETTING[use] ?? ''} for this node in config/nodes.yaml`,
      ),
    );
  return { problems: [...closed, ...full], warnings: [] };
}
