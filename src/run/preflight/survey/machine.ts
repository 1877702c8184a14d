import type { DiskFacts } from '../../../model/node-facts.js';
import { type Answer, countOf, linesOf, textOf } from './answer.js';

const KIB = 1024;

/** What the node is, as far as it could tell: without `/proc` there is neither memory nor load. */
export function parseMachine(answer: Answer) {
  const memory = (name: string): number | null => {
    const line = linesOf(answer, 'memory').find((each) => each.startsWith(`${name}:`));
    const kibibytes = countOf(/(\d+) kB/.exec(line ?? '')?.[1]);
    return kibibytes === null ? null : kibibytes * KIB;
  };
  const load = Number.parseFloat(textOf(answer, 'load') ?? '');
  return {
    user: textOf(answer, 'user'),
    hostname: textOf(answer, 'hostname'),
    kernel: textOf(answer, 'kernel'),
    architecture: textOf(answer, 'architecture'),
    cores: countOf(textOf(answer, 'cores')),
    memory_total_bytes: memory('MemTotal'),
    memory_available_bytes: memory('MemAvailable'),
    load_1m: Number.isNaN(load) ? null : load,
    docker: textOf(answer, 'docker'),
    compose: textOf(answer, 'compose')?.replace(/^v/, '') ?? null,
  };
}

/** @param line The second line of `df -Pk`, whose first and last columns may hold spaces. */
export function parseDisk(
  use: DiskFacts['use'],
  path: string,
  line: string | null,
): DiskFacts | null {
  const found = /\s(\d+)\s+\d+\s+(-?\d+)\s+\d+%\s/.exec(line ?? '');
  if (!found) return null;
  return {
    use,
    path,
    total_bytes: Number(found[1]) * KIB,
    // Less than nothing is left where what is kept for root is in use.
    free_bytes: Math.max(0, Number(found[2]) * KIB),
  };
}
