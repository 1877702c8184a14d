/**
 * How much time the scheduler adds: the makespan of random graphs of simulated services, over the critical path of the
 * same graph, which no scheduler can beat. `npm run bench:schedule [-- SEED]`.
 */
import { buildBatches, buildGraph } from '../../src/plan/graph.js';
import { type Task, schedule } from '../../src/run/scenario/services/scheduler.js';
import { serviceSpec } from '../support/specs.js';

const seed = Number(process.argv[2] ?? Date.now() % 100_000);
const GRAPHS = 10;
const SERVICES = 60;
const LONGEST_MS = 400;

/** mulberry32: small, fast, good enough to draw graphs. */
function randomFrom(state: number): () => number {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface SimulatedService {
  readonly id: string;
  readonly dependsOn: readonly string[];
  readonly takesMs: number;
}

function drawGraph(random: () => number): readonly SimulatedService[] {
  return Array.from({ length: SERVICES }, (_, index) => ({
    id: `s${index}`,
    takesMs: 50 + random() * (LONGEST_MS - 50),
    dependsOn: [
      ...new Set(
        Array.from({ length: Math.floor(random() * 4) }, () =>
          index === 0 ? null : `s${Math.floor(random() * index)}`,
        ).filter((id) => id !== null),
      ),
    ],
  }));
}

function criticalPathMs(services: readonly SimulatedService[]): number {
  const finish = new Map<string, number>();
  for (const { id, dependsOn, takesMs } of services) {
    finish.set(id, Math.max(0, ...dependsOn.map((one) => finish.get(one) ?? 0)) + takesMs);
  }
  return Math.max(...finish.values());
}

function tasksOf(services: readonly SimulatedService[], isBatched: boolean): readonly Task[] {
  const batches = buildBatches(
    buildGraph(services.map(({ id, dependsOn }) => serviceSpec(id, dependsOn))),
  );
  const before = new Map(
    batches.flatMap((batch, index) => batch.map((id) => [id, batches[index - 1] ?? []] as const)),
  );
  return services.map(({ id, dependsOn }) => ({
    id,
    waitsFor: [
      ...dependsOn.map((one) => ({ id: one, until: 'ready' as const, isRequired: true })),
      ...(isBatched ? (before.get(id) ?? []) : []).map((one) => ({
        id: one,
        until: 'settled' as const,
        isRequired: false,
      })),
    ],
  }));
}

async function makespanMs(services: readonly SimulatedService[], isBatched: boolean) {
  const times = new Map(services.map(({ id, takesMs }) => [id, takesMs]));
  const begin = performance.now();
  await schedule<string>(tasksOf(services, isBatched), {
    maxConcurrent: Infinity,
    signal: new AbortController().signal,
    bringUp: (id, started) => {
      started();
      return new Promise((resolve) => setTimeout(() => resolve(null), times.get(id)));
    },
    blockedBy: (id) => id,
    abandoned: (id) => id,
  });
  return performance.now() - begin;
}

const random = randomFrom(seed);
const ratios: { eager: number; batch: number }[] = [];
for (let index = 0; index < GRAPHS; index += 1) {
  const services = drawGraph(random);
  const critical = criticalPathMs(services);
  const eager = (await makespanMs(services, false)) / critical;
  const batch = (await makespanMs(services, true)) / critical;
  ratios.push({ eager, batch });
}
const worst = (kind: 'eager' | 'batch') => Math.max(...ratios.map((ratio) => ratio[kind]));
const mean = (kind: 'eager' | 'batch') =>
  ratios.reduce((sum, ratio) => sum + ratio[kind], 0) / ratios.length;

console.log(
  `deployment makespan / critical path; ${GRAPHS} graphs of ${SERVICES} services, seed ${seed}`,
);
console.log(
  `  eager  mean ${mean('eager').toFixed(4)}  worst ${worst('eager').toFixed(4)}  (aim: 1.02)`,
);
console.log(`  batch  mean ${mean('batch').toFixed(4)}  worst ${worst('batch').toFixed(4)}`);
