import type { ForeignGpuProcess, ForeignLoad, ForeignUse } from '../../../model/foreign-use.js';
import type { RunIdentity } from '../../../model/run-identity.js';
import { findUnseenMemory } from '../../preflight/judge/surroundings.js';
import { type Answer, countOf, linesOf } from '../../preflight/survey/answer.js';
import { parseGpuProcesses, parseGpus } from '../../preflight/survey/gpus.js';
import { parseMachine } from '../../preflight/survey/machine.js';

export interface ReadOptions {
  /** ISO 8601. */
  readonly at: string;
  /** What it has started is not foreign. */
  readonly identity: RunIdentity;
  /** From which load on, per core, a node is busy. */
  readonly loadPerCore: number;
}

/** What others do on a node, from what it says. */
export function readForeignUse(answer: Answer, options: ReadOptions): ForeignUse {
  const processes = parseGpuProcesses(answer);
  const { gpus } = parseGpus(answer);
  return {
    at: options.at,
    gpu_processes: processes.flatMap(({ pid, name, gpu, memoryBytes }): ForeignGpuProcess[] => {
      const { container, ...starter } = readOwner(answer, pid);
      const { run, controller } = starter;
      if (run === options.identity.run && controller === options.identity.controller) return [];
      const user = fieldsOf(answer, 'gpu-user', pid)[0]?.[0] ?? null;
      return [{ gpu, pid, program: name, memory_bytes: memoryBytes, user, container, run }];
    }),
    gpu_memory: findUnseenMemory(gpus, processes),
    load: readLoad(answer, options.loadPerCore),
  };
}

export function isForeign({ gpu_processes, gpu_memory, load }: ForeignUse): boolean {
  return gpu_processes.length > 0 || gpu_memory.length > 0 || load !== null;
}

function readOwner(answer: Answer, pid: number) {
  const marks = new Map(
    fieldsOf(answer, 'gpu-mark', pid).map(([assignment = '']) => {
      const equals = assignment.indexOf('=');
      return [assignment.slice(0, equals), assignment.slice(equals + 1)] as const;
    }),
  );
  // A container's processes may not let the login look at their environment, but docker tells its labels.
  const [name = '', image = '', run = '', controller = ''] =
    fieldsOf(answer, 'gpu-container', pid)[0] ?? [];
  return {
    container: name === '' ? null : `${name.replace(/^\//, '')} (${image})`,
    run: marks.get('PLAYBOOK_RUN') ?? orNull(run),
    controller: marks.get('PLAYBOOK_CONTROLLER') ?? orNull(controller),
  };
}

/** The fields behind the process id, of each line about it. */
function fieldsOf(answer: Answer, word: string, pid: number): readonly (readonly string[])[] {
  return linesOf(answer, word)
    .map((line) => line.split('\t'))
    .filter(([first]) => Number(first) === pid)
    .map(([, ...fields]) => fields);
}

function orNull(text: string): string | null {
  // What docker says of a label that is not there.
  return text === '' || text === '<no value>' ? null : text;
}

/**
 * The load average remembers for minutes what an earlier scenario did there. What counts is what also runs at this
 * moment, when nothing of ours does.
 */
function readLoad(answer: Answer, perCore: number): ForeignLoad | null {
  const { load_1m, cores } = parseMachine(answer);
  const counts = linesOf(answer, 'task-count').map((line) => countOf(line.split(' ')[1]));
  if (load_1m === null || cores === null || counts.length === 0) return null;
  // One of them is who counts.
  const running = counts.reduce<number>((sum, count) => sum + (count ?? 0), 0) - 1;
  const limit = Math.max(1, cores * perCore);
  return Math.min(load_1m, running) > limit ? { load_1m, running, cores } : null;
}
