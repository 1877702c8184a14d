/** What a process held when a scenario began. */
export interface Sample {
  /** In use by JavaScript, right after a collection of garbage. */
  readonly heapBytes: number;
  /** Buffers, and what C++ keeps for objects of JavaScript. */
  readonly outsideHeapBytes: number;
  readonly fileDescriptors: number;
  /** Sockets, timers, child processes and the like, by kind. */
  readonly resources: Readonly<Record<string, number>>;
}

/** What `measure-suite.ts` prints. */
export interface Measured {
  readonly statuses: readonly string[];
  /** Of the first scenario that did not complete. */
  readonly failure: string | null;
  readonly samples: Samples;
  /** Node's own, such as that there are very many listeners. */
  readonly warnings: readonly string[];
}

/** What is compared: when everything is warm, and at the end. */
export interface Samples {
  readonly early: readonly Sample[];
  readonly late: readonly Sample[];
}

/** The scenarios at whose beginning samples are taken, from and to; 0 is the first. */
export const WINDOWS = { early: [40, 60], late: [180, 200] } as const;
const BETWEEN = WINDOWS.late[0] - WINDOWS.early[0];

/**
 * What a scenario may leave in memory: its line in the summary, its points for the report, a scenario's name here and
 * there. Measured are 4 kB.
 */
const BYTES_PER_SCENARIO = 10_000;
/** More than that comes and goes: a connection may not be quite closed when the next scenario begins. */
const MORE_OF_A_KIND = 3;

/** What grew with the scenarios, a sentence each: medians are compared, so that single samples do not matter. */
export function findLeaks({ early, late }: Samples): readonly string[] {
  const growth = (of: (sample: Sample) => number) => median(late.map(of)) - median(early.map(of));
  const kinds = [
    ...new Set([...early, ...late].flatMap(({ resources }) => Object.keys(resources))),
  ];
  const bytes = (what: string, of: (sample: Sample) => number) => {
    const perScenario = Math.round(growth(of) / BETWEEN);
    return perScenario <= BYTES_PER_SCENARIO
      ? []
      : [`${what} grows by ${perScenario} bytes per scenario`];
  };
  const count = (what: string, of: (sample: Sample) => number) => {
    const more = growth(of);
    return more <= MORE_OF_A_KIND ? [] : [`${more} more ${what} after ${BETWEEN} scenarios`];
  };
  return [
    ...bytes('the heap', ({ heapBytes }) => heapBytes),
    ...bytes('memory outside the heap', ({ outsideHeapBytes }) => outsideHeapBytes),
    ...count('file descriptors', ({ fileDescriptors }) => fileDescriptors),
    ...kinds.flatMap((kind) => count(kind, ({ resources }) => resources[kind] ?? 0)),
  ];
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
