import type { Report } from '../../problem-log.js';
import type { Edge } from './dependencies.js';

/**
 * Reports dependencies that go round in a circle, each with its exact path, where the dependency is written that closes
 * it. Of circles that share their services, one is reported: breaking it shows the next.
 */
export function reportCycles(edges: ReadonlyMap<string, readonly Edge[]>, report: Report): void {
  const done = new Set<string>();
  for (const root of edges.keys()) {
    const cycle = findCycle(root, edges, done);
    if (!cycle) continue;
    report({
      severity: 'error',
      at: cycle.closing.at,
      path: cycle.closing.path,
      message:
        cycle.path.length === 2
          ? `${cycle.closing.service} depends on itself`
          : `dependencies go round in a circle: ${cycle.path.join(' → ')}`,
      hint: 'leave one of these dependencies out',
    });
  }
}

interface Cycle {
  readonly path: readonly string[];
  readonly closing: Edge;
}

/** Depth first without recursion: a chain of services may be longer than the stack. */
function findCycle(
  root: string,
  edges: ReadonlyMap<string, readonly Edge[]>,
  done: Set<string>,
): Cycle | undefined {
  if (done.has(root)) return undefined;
  const path = [root];
  const onPath = new Set(path);
  const pending = [[...(edges.get(root) ?? [])]];
  while (path.length > 0) {
    const edge = pending.at(-1)?.shift();
    if (!edge) {
      const left = path.pop();
      pending.pop();
      if (left !== undefined) {
        onPath.delete(left);
        done.add(left);
      }
    } else if (onPath.has(edge.service)) {
      const cycle = path.slice(path.indexOf(edge.service));
      for (const id of path) done.add(id);
      return { path: [...cycle, edge.service], closing: edge };
    } else if (!done.has(edge.service)) {
      path.push(edge.service);
      onPath.add(edge.service);
      pending.push([...(edges.get(edge.service) ?? [])]);
    }
  }
  return undefined;
}
