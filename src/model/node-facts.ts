/**
 * What a node said of itself when it was checked. The shape is that of events and files, hence the snake case. `null`:
 * it was not asked, or could not tell.
 */
export interface NodeFacts {
  readonly user: string | null;
  readonly hostname: string | null;
  /** `Linux 6.8.0-45-generic` */
  readonly kernel: string | null;
  /** `x86_64` */
  readonly architecture: string | null;
  readonly cores: number | null;
  readonly memory_total_bytes: number | null;
  readonly memory_available_bytes: number | null;
  /** The load average of the last minute. */
  readonly load_1m: number | null;
  /** Versions of the daemon and of compose; `null` each where the node does not run containers. */
  readonly docker: string | null;
  readonly compose: string | null;
  readonly disks: readonly DiskFacts[];
  readonly gpus: readonly GpuFacts[] | null;
  readonly clock: ClockFacts | null;
}

/** A file system, by what is kept on it. */
export interface DiskFacts {
  /** `work`: working folders; `results`: results_path; `docker`: the daemon's images and containers. */
  readonly use: 'work' | 'results' | 'docker';
  /** As configured: the folder itself may not exist yet. */
  readonly path: string;
  readonly free_bytes: number;
  readonly total_bytes: number;
}

export interface GpuFacts {
  readonly index: number;
  /** `NVIDIA H20` */
  readonly name: string;
  readonly memory_total_bytes: number | null;
  readonly memory_used_bytes: number | null;
  readonly driver: string;
}

/** How the node's clock stands to that of the machine that runs playbook. */
export interface ClockFacts {
  /** Positive: the node is ahead. 0 where it is within what can be told. */
  readonly skew_ms: number;
  /** Half of what the answer spent on the way: nobody can tell the skew any better. */
  readonly uncertainty_ms: number;
}

/** Whether an image that a scenario needs is on a node. */
export interface ImageFacts {
  readonly image: string;
  /**
   * `will_be_pulled`: its registry has it. `unknown`: its registry could not be asked. `missing`: neither here nor there.
   */
  readonly status: 'present' | 'will_be_pulled' | 'will_be_built' | 'unknown' | 'missing';
}
