import type { Dependency, ServiceSpec } from '../model/service.js';

/** The services of a scenario and who waits for whom. Everything it returns is in the order of the files. */
export interface ServiceGraph {
  readonly services: readonly ServiceSpec[];
  readonly service: (id: string) => ServiceSpec;
  readonly dependenciesOf: (id: string) => readonly Dependency[];
  readonly dependentsOf: (id: string) => readonly string[];
}

/**
 * @param services Valid ones: unique ids, dependencies that exist, no cycle. The configuration has checked that, so
 *   anything else here is a bug and throws.
 */
export function buildGraph(services: readonly ServiceSpec[]): ServiceGraph {
  const byId = new Map(services.map((service) => [service.id, service]));
  const dependents = new Map<string, string[]>(services.map(({ id }) => [id, []]));
  for (const { id, dependsOn } of services) {
    for (const dependency of dependsOn) {
      const waiting = dependents.get(dependency.service);
      if (!waiting) throw new Error(`service ${id} depends on unknown ${dependency.service}`);
      waiting.push(id);
    }
  }
  const known = <T>(value: T | undefined, id: string): T => {
    if (value === undefined) throw new Error(`unknown service ${id}`);
    return value;
  };
  return {
    services,
    service: (id) => known(byId.get(id), id),
    dependenciesOf: (id) => known(byId.get(id), id).dependsOn,
    dependentsOf: (id) => known(dependents.get(id), id),
  };
}

/**
 * Kahn's topological sort, a level at a time: every service lies in the first batch after all of its dependencies.
 * A. B. Kahn, "Topological sorting of large networks", CACM 5 (1962).
 */
export function buildBatches(graph: ServiceGraph): readonly (readonly string[])[] {
  const unmet = new Map(graph.services.map(({ id, dependsOn }) => [id, dependsOn.length]));
  const position = new Map(graph.services.map(({ id }, index) => [id, index]));
  const batches: string[][] = [];
  let batch = graph.services.filter(({ dependsOn }) => dependsOn.length === 0).map(({ id }) => id);
  let placed = 0;

  while (batch.length > 0) {
    batches.push(batch);
    placed += batch.length;
    const next: string[] = [];
    for (const id of batch) {
      for (const dependent of graph.dependentsOf(id)) {
        const left = (unmet.get(dependent) ?? 0) - 1;
        unmet.set(dependent, left);
        if (left === 0) next.push(dependent);
      }
    }
    batch = next.sort((a, b) => (position.get(a) ?? 0) - (position.get(b) ?? 0));
  }
  if (placed < graph.services.length)
    throw new Error('the services depend on each other in a cycle');
  return batches;
}
