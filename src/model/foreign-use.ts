/**
 * What others did on a node right before a scenario ran there: who reads its numbers has to know. The shape is that of
 * files, hence the snake case.
 */
export interface ForeignUse {
  /** When it was looked at, ISO 8601. */
  readonly at: string;
  readonly gpu_processes: readonly ForeignGpuProcess[];
  /** Memory of GPUs that none of the processes that can be seen accounts for. */
  readonly gpu_memory: readonly ForeignGpuMemory[];
  /** `null`: the node was idle enough, or could not tell. */
  readonly load: ForeignLoad | null;
}

/** A process on a GPU that this run has not started. `null`: the node cannot tell. */
export interface ForeignGpuProcess {
  readonly gpu: number | null;
  readonly pid: number;
  readonly program: string;
  readonly memory_bytes: number | null;
  readonly user: string | null;
  /** The container that it runs in: `name (image)`. */
  readonly container: string | null;
  /** Another run of playbook that has started it. */
  readonly run: string | null;
}

export interface ForeignGpuMemory {
  readonly gpu: number;
  readonly used_bytes: number;
}

export interface ForeignLoad {
  /** The load average of the last minute. */
  readonly load_1m: number;
  /** How many tasks ran, or waited for a disk, at that moment. */
  readonly running: number;
  readonly cores: number;
}
