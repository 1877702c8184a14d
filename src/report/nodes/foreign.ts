import type {
  ForeignGpuMemory,
  ForeignGpuProcess,
  ForeignLoad,
  ForeignUse,
} from '../../model/foreign-use.js';
import { formatSize } from '../text/size.js';

/** A sentence for each thing that others do on a node. */
export function describeForeignUse({ gpu_processes, gpu_memory, load }: ForeignUse): string[] {
  return [
    ...gpu_processes.map(describeProcess),
    ...gpu_memory.map(describeUnseenMemory),
    ...(load === null ? [] : [describeLoad(load)]),
  ];
}

export function describeUnseenMemory({ gpu, used_bytes }: ForeignGpuMemory): string {
  return `${formatSize(used_bytes)} of GPU ${gpu} are in use, by whom cannot be seen`;
}

function describeProcess(process: ForeignGpuProcess): string {
  const { gpu, pid, program, memory_bytes, user, container, run } = process;
  const who = [
    `process ${pid}`,
    ...(user === null ? [] : [`of ${user}`]),
    ...(container === null ? [] : [`in container ${container}`]),
    ...(run === null ? [] : [`of run ${run}`]),
  ].join(' ');
  const memory = memory_bytes === null ? '' : ` with ${formatSize(memory_bytes)}`;
  return `${gpu === null ? 'a GPU' : `GPU ${gpu}`} is used by ${program} (${who})${memory}`;
}

function describeLoad({ load_1m, running, cores }: ForeignLoad): string {
  return `others keep it busy: a load of ${load_1m} on ${cores} cores, ${running} tasks at this moment`;
}
