import type { GpuFacts, ImageFacts, NodeFacts } from '../../model/node-facts.js';
import { count } from '../text/count.js';
import { formatDuration } from '../text/duration.js';
import { formatSize } from '../text/size.js';

/** What a node is, in short phrases: versions, GPUs, free disk. */
export function describeFacts(facts: NodeFacts): readonly string[] {
  const { gpus, disks } = facts;
  const [driver] = gpus?.map((gpu) => gpu.driver) ?? [];
  return [
    ...describeMachine(facts),
    ...describeVersions(facts),
    ...(gpus && gpus.length > 0 ? [`${describeGpus(gpus)}, driver ${driver ?? ''}`] : []),
    ...(disks.length > 0 ? [`${formatSize(leastFree(facts) ?? 0)} free`] : []),
  ];
}

function describeMachine({ cores, memory_total_bytes }: NodeFacts): string[] {
  return [
    ...(cores === null ? [] : [count(cores, 'core')]),
    ...(memory_total_bytes === null ? [] : [formatSize(memory_total_bytes)]),
  ];
}

/** `docker 24.0.7`, `compose 2.20.2`; nothing where no containers run. */
export function describeVersions({ docker, compose }: NodeFacts): readonly string[] {
  return [
    ...(docker === null ? [] : [`docker ${docker}`]),
    ...(compose === null ? [] : [`compose ${compose}`]),
  ];
}

/** `8 × NVIDIA H20 (96 GiB)`, kinds of GPUs separated by commas. */
export function describeGpus(gpus: readonly GpuFacts[]): string {
  const kinds = new Map<string, number>();
  for (const { name, memory_total_bytes } of gpus) {
    const memory = memory_total_bytes === null ? '' : ` (${formatSize(memory_total_bytes)})`;
    const kind = `${name}${memory}`;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  return [...kinds].map(([kind, amount]) => `${amount} × ${kind}`).join(', ');
}

/** Of the file systems that a run writes to, the fullest decides. `null`: nobody has looked. */
export function leastFree({ disks }: NodeFacts): number | null {
  return disks.length === 0 ? null : Math.min(...disks.map(({ free_bytes }) => free_bytes));
}

/** `+12.3 s`; empty where it is less than can be told. */
export function describeSkew({ clock }: NodeFacts): string {
  if (clock === null || clock.skew_ms === 0) return '';
  return `${clock.skew_ms > 0 ? '+' : '-'}${formatDuration(Math.abs(clock.skew_ms))}`;
}

/** Which images are there and which have to come; empty where there is nothing to say. */
export function describeImages(images: readonly ImageFacts[]): string {
  const of = (status: ImageFacts['status']) => images.filter((image) => image.status === status);
  const names = (some: readonly ImageFacts[]) => some.map(({ image }) => image).join(', ');
  const present = of('present');
  const parts = [
    ...(present.length > 0 ? [`${count(present.length, 'image')} present`] : []),
    ...(of('will_be_pulled').length > 0 ? [`will be pulled: ${names(of('will_be_pulled'))}`] : []),
    ...(of('will_be_built').length > 0 ? [`will be built: ${names(of('will_be_built'))}`] : []),
  ];
  return parts.join('; ');
}
