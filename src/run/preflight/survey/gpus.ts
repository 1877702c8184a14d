import type { GpuFacts } from '../../../model/node-facts.js';
import { type Answer, countOf, linesOf, textOf } from './answer.js';

/** What became of asking for GPUs. */
export interface GpuAnswer {
  readonly gpus: readonly GpuFacts[];
  /** What the tool said, where it is there and failed. */
  readonly problem: string | null;
}

/** A process that computes on a GPU. */
export interface GpuProcess {
  readonly pid: number;
  readonly name: string;
  /** `null`: the driver does not say. */
  readonly gpu: number | null;
  readonly memoryBytes: number | null;
}

const MIB = 2 ** 20;
/** `timeout` has ended it. */
const TIMED_OUT = 124;
/** `nvidia-smi` works, and there is nothing it could speak of. */
const NO_DEVICES = /^No devices were found/m;

/** A node without the tool has no GPUs. */
export function parseGpus(answer: Answer): GpuAnswer {
  const status = countOf(textOf(answer, 'gpu-status'));
  if (status === null) return { gpus: [], problem: null };
  const lines = linesOf(answer, 'gpu').filter((line) => line.trim() !== '');
  if (status === TIMED_OUT) return { gpus: [], problem: 'nvidia-smi does not answer' };
  if (status !== 0) {
    const said = lines.join(' ').trim();
    if (NO_DEVICES.test(said)) return { gpus: [], problem: null };
    return { gpus: [], problem: `nvidia-smi failed: ${said || `exit status ${status}`}` };
  }
  const gpus = lines.map(parseGpu).filter((gpu) => gpu !== null);
  const unread = lines.filter((line) => parseGpu(line) === null && !NO_DEVICES.test(line));
  // One that has fallen off the bus spoils the exit status of older drivers only.
  const [problem] = unread;
  return { gpus, problem: problem === undefined ? null : `nvidia-smi says: ${problem.trim()}` };
}

function parseGpu(line: string): GpuFacts | null {
  const fields = line.split(',').map((field) => field.trim());
  if (fields.length !== 5) return null;
  const [first, name = '', total, used, driver = ''] = fields;
  const index = countOf(first);
  if (index === null) return null;
  return {
    index,
    name,
    memory_total_bytes: bytesOf(total),
    memory_used_bytes: bytesOf(used),
    driver,
  };
}

/** MiB, or `[N/A]` where memory belongs to the whole machine. */
function bytesOf(mebibytes: string | undefined): number | null {
  const count = countOf(mebibytes);
  return count === null ? null : count * MIB;
}

export function parseGpuProcesses(answer: Answer): readonly GpuProcess[] {
  const indices = new Map(
    linesOf(answer, 'gpu-name').flatMap((line) => {
      const found = /^GPU (\d+): .*\(UUID: (GPU-[^)]+)\)/.exec(line);
      return found ? [[found[2] ?? '', Number(found[1])] as const] : [];
    }),
  );
  return linesOf(answer, 'gpu-process').flatMap((line) => {
    // The name of a program may hold commas.
    const found = /^\s*(\S+),\s*(\d+),\s*(.*),\s*(\S+)\s*$/.exec(line);
    if (!found) return [];
    const [, uuid = '', pid = '', name = '', memory] = found;
    const gpu = indices.get(uuid) ?? null;
    return [{ pid: Number(pid), name, gpu, memoryBytes: bytesOf(memory) }];
  });
}
