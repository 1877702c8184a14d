/** Something to bring up, and what it waits for. */
export interface Task {
  readonly id: string;
  readonly waitsFor: readonly Wait[];
}

export interface Wait {
  readonly id: string;
  /**
   * `started`: it was started, whatever comes of it. `ready`: it is ready. `settled`: it is ready or has failed: an
   * order, not a need.
   */
  readonly until: 'started' | 'ready' | 'settled';
  /** `false`: its failure does not keep the waiting task from starting. */
  readonly isRequired: boolean;
}

export interface ScheduleOptions<Failure> {
  /** How many tasks may be between their start and ready at one time. */
  readonly maxConcurrent: number;
  /**
   * Brings one task up.
   *
   * @param started To be called once the task is started, which is what `until: 'started'` waits for.
   * @returns `null` once it is ready, or its failure.
   */
  readonly bringUp: (id: string, started: () => void) => Promise<Failure | null>;
  /** The failure of a task that cannot start because another one failed. */
  readonly blockedBy: (id: string, dependency: string, failure: Failure) => Failure;
  /** Once aborted, no further task starts; `abandoned` tells what becomes of those. */
  readonly signal: AbortSignal;
  readonly abandoned: (id: string) => Failure;
}

/**
 * Brings tasks up, each the moment what it waits for is there. A failed task stops exactly those that need it; all
 * others go on. Where slots are short, the task with the longest chain behind it goes first.
 *
 * @param tasks Without cycles, in a stable order.
 * @returns For every task its failure, or `null` where it got ready, in the order of `tasks`.
 */
export async function schedule<Failure>(
  tasks: readonly Task[],
  options: ScheduleOptions<Failure>,
): Promise<ReadonlyMap<string, Failure | null>> {
  const progress = new Map(tasks.map(({ id }) => [id, createProgress<Failure>()]));
  const dependents = dependentsOf(tasks);
  const heights = heightsOf(tasks, dependents);
  const slots = createSlots(options.maxConcurrent);

  const runOne = async (task: Task): Promise<Failure | null> => {
    for (const { id, until, isRequired } of task.waitsFor) {
      const waited = progress.get(id);
      if (!waited) throw new Error(`${task.id} waits for unknown ${id}`);
      const failure = await (until === 'started' ? waited.started : waited.settled);
      if (failure !== null && until !== 'settled' && isRequired) {
        return options.blockedBy(task.id, id, failure);
      }
    }
    await slots.acquire(heights.get(task.id) ?? 0);
    let isHolding = true;
    const release = () => {
      // Those that this task frees queue up first: one of them may have the longest chain.
      if (isHolding) setImmediate(slots.release);
      isHolding = false;
    };
    try {
      if (options.signal.aborted) return options.abandoned(task.id);
      return await options.bringUp(task.id, () => {
        progress.get(task.id)?.reachStarted(null);
        // Its readiness may depend on those that wait only for its start: it must not keep them from a slot.
        if (dependents.get(task.id)?.some(({ until }) => until === 'started')) release();
      });
    } finally {
      release();
    }
  };

  const results = await Promise.all(
    tasks.map(async (task) => {
      const failure = await runOne(task);
      progress.get(task.id)?.reachStarted(failure);
      progress.get(task.id)?.settle(failure);
      return [task.id, failure] as const;
    }),
  );
  return new Map(results);
}

interface Progress<Failure> {
  /** Resolves at the start with `null`, or with the failure that kept it from starting. */
  readonly started: Promise<Failure | null>;
  readonly settled: Promise<Failure | null>;
  /** The first call counts. */
  readonly reachStarted: (failure: Failure | null) => void;
  readonly settle: (failure: Failure | null) => void;
}

function createProgress<Failure>(): Progress<Failure> {
  const nothing = () => undefined;
  let reachStarted: (failure: Failure | null) => void = nothing;
  let settle: (failure: Failure | null) => void = nothing;
  const started = new Promise<Failure | null>((resolve) => (reachStarted = resolve));
  const settled = new Promise<Failure | null>((resolve) => (settle = resolve));
  return { started, settled, reachStarted, settle };
}

interface Dependent {
  readonly id: string;
  readonly until: Wait['until'];
}

function dependentsOf(tasks: readonly Task[]): ReadonlyMap<string, readonly Dependent[]> {
  const dependents = new Map<string, Dependent[]>(tasks.map(({ id }) => [id, []]));
  for (const task of tasks) {
    for (const { id, until } of task.waitsFor) dependents.get(id)?.push({ id: task.id, until });
  }
  return dependents;
}

/** The length of the longest chain of tasks that wait for each task. */
function heightsOf(
  tasks: readonly Task[],
  dependents: ReadonlyMap<string, readonly Dependent[]>,
): ReadonlyMap<string, number> {
  const heights = new Map<string, number>();
  const unmeasured = new Map(tasks.map(({ id }) => [id, dependents.get(id)?.length ?? 0]));
  const waits = new Map(tasks.map(({ id, waitsFor }) => [id, waitsFor]));
  const queue = tasks.filter(({ id }) => unmeasured.get(id) === 0).map(({ id }) => id);
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    const height = heights.get(id) ?? 0;
    heights.set(id, height);
    for (const { id: below } of waits.get(id) ?? []) {
      heights.set(below, Math.max(heights.get(below) ?? 0, height + 1));
      const left = (unmeasured.get(below) ?? 0) - 1;
      unmeasured.set(below, left);
      if (left === 0) queue.push(below);
    }
  }
  return heights;
}

/** A semaphore that serves the highest priority first, and first come first among equals. */
function createSlots(count: number) {
  let free = count;
  const waiting: { priority: number; enter: () => void }[] = [];
  return {
    acquire: (priority: number): Promise<void> => {
      if (free > 0) {
        free -= 1;
        return Promise.resolve();
      }
      return new Promise((enter) => {
        const before = waiting.findIndex((other) => other.priority < priority);
        waiting.splice(before === -1 ? waiting.length : before, 0, { priority, enter });
      });
    },
    release: () => {
      const next = waiting.shift();
      if (next) next.enter();
      else free += 1;
    },
  };
}
