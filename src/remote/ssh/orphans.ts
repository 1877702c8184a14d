import type { Clock } from '../../async/clock.js';
import { askNode } from './exec/ask-node.js';
import type { Orphan } from './exec/context.js';
import { RemoteTree } from './exec/remote-tree.js';
import type { Shells } from './sessions/shells.js';
import { lineForGroup } from './shell/lines.js';

/** How long an orphan may take to stop: nobody waits for its output any more. */
const LONGEST_GRACE_MS = 5_000;

/** Programs that outlived their connection, by node: to be ended over the next one. */
export interface Orphanage {
  add(node: string, orphan: Orphan): void;
  has(node: string): boolean;
  /** Ends those of a node. What cannot be reached again stays. */
  end(node: string, shells: Shells): Promise<void>;
}

export function createOrphanage(clock: Clock): Orphanage {
  const orphans = new Map<string, Set<Orphan>>();
  return {
    add(node, orphan) {
      const known = orphans.get(node) ?? new Set();
      orphans.set(node, known.add(orphan));
    },
    has: (node) => (orphans.get(node)?.size ?? 0) > 0,
    async end(node, shells) {
      const known = orphans.get(node) ?? new Set();
      const ends = [...known].map(async (orphan) => {
        const { mark, group, stopSignal } = orphan;
        // The last look at it is long ago: its number may be somebody else's by now.
        const own = group ? await askNode(lineForGroup(mark, group), shells, clock) : '';
        if (own === null) return;
        const id = own === '' ? null : Number(own);
        const tree = new RemoteTree(mark, () => id, shells, clock);
        const graceMs = Math.min(orphan.graceMs, LONGEST_GRACE_MS);
        const fate = await tree.end({ stopSignal, graceMs });
        if (fate !== 'lost') known.delete(orphan);
      });
      await Promise.all(ends);
    },
  };
}
