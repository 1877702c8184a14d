import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { buildBatches, buildGraph } from '../../../src/plan/graph.js';
import { serviceSpec } from '../../support/specs.js';

describe('buildBatches', () => {
  it('puts every service into the first batch after its dependencies, in file order', () => {
    const graph = buildGraph([
      serviceSpec('gateway', ['users', 'orders']),
      serviceSpec('mysql'),
      serviceSpec('redis'),
      serviceSpec('users', ['redis', 'mysql']),
      serviceSpec('orders', ['redis', 'mysql']),
    ]);
    expect(buildBatches(graph)).toEqual([['mysql', 'redis'], ['users', 'orders'], ['gateway']]);
  });

  it('has no batches for no services', () => {
    expect(buildBatches(buildGraph([]))).toEqual([]);
  });

  it('counts a dependency that is named twice as one order', () => {
    const graph = buildGraph([serviceSpec('a'), serviceSpec('b', ['a', ['a', 'service_healthy']])]);
    expect(buildBatches(graph)).toEqual([['a'], ['b']]);
  });

  it('throws on a cycle instead of leaving services out', () => {
    const graph = buildGraph([serviceSpec('a', ['b']), serviceSpec('b', ['a'])]);
    expect(() => buildBatches(graph)).toThrow('cycle');
  });

  it('places every service exactly once, after all it depends on, whatever the graph', () => {
    const anyGraph = fc
      .integer({ min: 1, max: 40 })
      .chain((count) =>
        fc.tuple(
          fc.constant(count),
          fc.array(fc.tuple(fc.nat(count - 1), fc.nat(count - 1)), { maxLength: 120 }),
          fc.shuffledSubarray([...Array(count).keys()], { minLength: count }),
        ),
      );
    fc.assert(
      fc.property(anyGraph, ([count, edges, order]) => {
        const below = (id: number) =>
          edges.filter(([from, to]) => from === id && to < from).map(([, to]) => `s${to}`);
        const services = order.map((id) => serviceSpec(`s${id}`, below(id)));
        const batches = buildBatches(buildGraph(services));
        const batchOf = new Map(batches.flatMap((batch, index) => batch.map((id) => [id, index])));
        expect(batchOf.size).toBe(count);
        expect(batches.flat()).toHaveLength(count);
        for (const { id, dependsOn } of services) {
          const depths = dependsOn.map(({ service }) => batchOf.get(service) ?? NaN);
          expect(batchOf.get(id)).toBe(Math.max(-1, ...depths) + 1);
        }
      }),
    );
  });
});
