import type { ForeignGpuMemory } from '../../../model/foreign-use.js';
import type { GpuFacts, NodeFacts } from '../../../model/node-facts.js';
import { describeUnseenMemory } from '../../../report/nodes/foreign.js';
import { formatSize } from '../../../report/text/size.js';
import type { GpuProcess } from '../survey/gpus.js';

/** More of the cores than this are kept busy by others. */
const BUSY_SHARE = 0.5;
/** What a driver itself uses of each GPU stays below. */
const IDLE_GPU_BYTES = 2 ** 30;

export interface Surroundings {
  readonly facts: NodeFacts;
  readonly gpuProcesses: readonly GpuProcess[];
  /** Ids of processes that runs of playbook have started. */
  readonly ours: ReadonlySet<number>;
}

/** What on a node, apart from us, can spoil a measurement. It keeps nothing from running. */
export function judgeSurroundings({ facts, gpuProcesses, ours }: Surroundings): readonly string[] {
  return [...judgeLoad(facts), ...judgeGpuUse(facts.gpus ?? [], gpuProcesses, ours)];
}

function judgeLoad({ load_1m, cores }: NodeFacts): string[] {
  if (load_1m === null || cores === null || load_1m <= Math.max(1, cores * BUSY_SHARE)) return [];
  return [`others keep it busy: a load of ${load_1m} on ${cores} cores`];
}

function judgeGpuUse(
  gpus: readonly GpuFacts[],
  processes: readonly GpuProcess[],
  ours: ReadonlySet<number>,
): string[] {
  const foreign = processes
    .filter(({ pid }) => !ours.has(pid))
    .map(({ pid, name, gpu, memoryBytes }) => {
      const where = gpu === null ? 'a GPU' : `GPU ${gpu}`;
      const memory = memoryBytes === null ? '' : ` with ${formatSize(memoryBytes)}`;
      return `${where} is used by ${name} (process ${pid})${memory}`;
    });
  return [...foreign, ...findUnseenMemory(gpus, processes).map(describeUnseenMemory)];
}

/** From inside a container, or of other users, no processes are told, but their memory is. */
export function findUnseenMemory(
  gpus: readonly GpuFacts[],
  processes: readonly GpuProcess[],
): readonly ForeignGpuMemory[] {
  return gpus.flatMap(({ index, memory_used_bytes }) => {
    const seen = processes.filter(({ gpu }) => gpu === index);
    // One that does not say how much it has may have it all.
    if (seen.some(({ memoryBytes }) => memoryBytes === null)) return [];
    const known = seen.reduce((sum, { memoryBytes }) => sum + (memoryBytes ?? 0), 0);
    const used_bytes = (memory_used_bytes ?? 0) - known;
    return used_bytes > IDLE_GPU_BYTES ? [{ gpu: index, used_bytes }] : [];
  });
}
