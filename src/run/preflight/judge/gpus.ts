import type { NodeSpec } from '../../../model/node.js';
import type { GpuFacts } from '../../../model/node-facts.js';
import { describeGpus } from '../../../report/nodes/facts.js';
import { formatWrittenSize } from '../../../report/text/size.js';
import { type Findings, type NodeProblem, problemFor } from '../findings.js';
import type { GpuNeed } from '../needs.js';
import type { GpuAnswer } from '../survey/gpus.js';

/** A driver keeps some of the memory for itself: a card of 24 GiB says 24,564 MiB. */
const TOLERANCE = 0.97;

/** Whether a node's GPUs are what scenarios require of it. */
export function judgeGpus(
  node: NodeSpec,
  { gpus, problem }: GpuAnswer,
  needs: readonly GpuNeed[],
): Findings {
  if (problem !== null && gpus.length === 0) {
    const hint =
      'see what nvidia-smi says on the node; after an update of the driver it wants a reboot';
    // Where nobody needs a GPU, a broken one is no reason not to run.
    return needs.length > 0
      ? { problems: [problemFor(node, needs, 'resources_missing', problem, hint)], warnings: [] }
      : { problems: [], warnings: [problem] };
  }
  return {
    problems: needs.flatMap((need) => judgeNeed(node, gpus, need)),
    warnings: problem === null ? [] : [problem],
  };
}

function judgeNeed(node: NodeSpec, gpus: readonly GpuFacts[], need: GpuNeed): NodeProblem[] {
  const fit = gpus.filter((gpu) => isFit(gpu, need));
  if (fit.length >= need.count) return [];
  const found = gpus.length === 0 ? 'it has none' : `it has ${describeGpus(gpus)}`;
  return [
    problemFor(
      node,
      [need],
      'resources_missing',
      `${need.scenario} needs ${describeNeed(need)}, and ${found}`,
      'let its GPU services run on another node, or correct resource_requirements in its metadata.yaml',
    ),
  ];
}

function isFit(gpu: GpuFacts, { minMemoryBytes, model }: GpuNeed): boolean {
  if (model !== null && !isOfModel(gpu.name, model)) return false;
  if (minMemoryBytes === null) return true;
  // Memory that is shared with the machine is not told: nobody can say that it is too little.
  return gpu.memory_total_bytes === null || gpu.memory_total_bytes >= minMemoryBytes * TOLERANCE;
}

/** By whole words: an H20 is no H200. */
export function isOfModel(name: string, model: string): boolean {
  const words = (text: string) =>
    ` ${text
      .toLowerCase()
      .split(/[^a-z0-9]+/)
      .filter(Boolean)
      .join(' ')} `;
  return words(name).includes(words(model));
}

function describeNeed({ count, minMemoryBytes, model }: GpuNeed): string {
  const what = model === null ? 'GPU' : `${model} GPU`;
  const memory = minMemoryBytes === null ? '' : ` with ${formatWrittenSize(minMemoryBytes)}`;
  return count === 1 ? `a ${what}${memory}` : `${count} ${what}s${memory}`;
}

/** @returns The node's problem as it is where other nodes do not make up for it. */
export function isAboutGpus({ failure }: NodeProblem): boolean {
  return failure.kind === 'resources_missing' && failure.node !== null;
}
