import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { describeForeignUse } from '../../../../src/report/nodes/foreign.js';
import { isForeign, readForeignUse } from '../../../../src/run/isolation/foreign/read.js';
import { parseAnswer } from '../../../../src/run/preflight/survey/answer.js';

const MIB = 2 ** 20;
const AT = '2026-06-01T19:04:09.000Z';
const OURS = { run: '20260601_190409', controller: '1a2b3c' };

function recorded(name: string): readonly string[] {
  const file = new URL(`../../../fixtures/nvidia-smi/${name}`, import.meta.url);
  return readFileSync(file, 'utf8').trimEnd().split('\n');
}

/** What a node answers: idle, with two H20 whose processes are those of the fixture. */
function read(more: readonly string[], loadPerCore = 0.5) {
  const text = ['cores\t8', ...more];
  return readForeignUse(parseAnswer(text.join('\n')), { at: AT, identity: OURS, loadPerCore });
}

const GPUS = [
  'gpu-status\t0',
  'gpu\t0, NVIDIA H20, 97871, 4, 550.90.07',
  'gpu\t1, NVIDIA H20, 97871, 91254, 550.90.07',
  ...recorded('h20.list.txt').map((line) => `gpu-name\t${line}`),
];
const PROCESSES = recorded('h20.processes.csv').map((line) => `gpu-process\t${line}`);

describe('processes on GPUs before a scenario', () => {
  it('are foreign where this run has not started them, and told with all that is known', () => {
    const use = read([
      ...GPUS,
      ...PROCESSES,
      'gpu-user\t48211\tbob',
      `gpu-container\t48211\t/train-7\tpytorch:2.4\t<no value>\t<no value>`,
    ]);
    expect(use).toEqual({
      at: AT,
      gpu_processes: [
        {
          gpu: 1,
          pid: 48211,
          program: '/usr/bin/python3',
          memory_bytes: 91_240 * MIB,
          user: 'bob',
          container: 'train-7 (pytorch:2.4)',
          run: null,
        },
        {
          gpu: 0,
          pid: 512,
          program: 'name, with, commas',
          memory_bytes: null,
          user: null,
          container: null,
          run: null,
        },
      ],
      gpu_memory: [],
      load: null,
    });
    expect(isForeign(use)).toBe(true);
    expect(describeForeignUse(use)).toEqual([
      'GPU 1 is used by /usr/bin/python3 (process 48211 of bob in container train-7 (pytorch:2.4)) with 89 GiB',
      'GPU 0 is used by name, with, commas (process 512)',
    ]);
  });

  it('are not foreign where they bear the marks of this run, as processes or by their container', () => {
    const marked = read([
      ...GPUS,
      ...PROCESSES,
      `gpu-mark\t48211\tPLAYBOOK_RUN=${OURS.run}`,
      `gpu-mark\t48211\tPLAYBOOK_CONTROLLER=${OURS.controller}`,
      `gpu-container\t512\t/engine\tvllm:1\t${OURS.run}\t${OURS.controller}`,
    ]);
    expect(marked.gpu_processes).toEqual([]);
    expect(isForeign(marked)).toBe(false);
  });

  it('are foreign where a run of the same name on another controller has started them', () => {
    const other = read([
      ...GPUS,
      PROCESSES[0] ?? '',
      `gpu-mark\t48211\tPLAYBOOK_RUN=${OURS.run}`,
      'gpu-mark\t48211\tPLAYBOOK_CONTROLLER=ffffff',
    ]);
    expect(other.gpu_processes).toMatchObject([{ pid: 48211, run: OURS.run }]);
    expect(describeForeignUse(other)[0]).toContain(`of run ${OURS.run}`);
  });
});

describe('memory of a GPU', () => {
  it('that no visible process accounts for is foreign', () => {
    const unseen = read(GPUS);
    expect(unseen.gpu_memory).toEqual([{ gpu: 1, used_bytes: 91_254 * MIB }]);
    expect(describeForeignUse(unseen)).toEqual([
      '89 GiB of GPU 1 are in use, by whom cannot be seen',
    ]);
    const process = 'gpu-process\tGPU-1b2c3d4e-5f60-7182-93a4-b5c6d7e8f901, 7, x, 41254';
    expect(read([...GPUS, process]).gpu_memory).toEqual([{ gpu: 1, used_bytes: 50_000 * MIB }]);
  });

  it('that a driver keeps for itself is nobody’s', () => {
    expect(isForeign(read(['gpu-status\t0', 'gpu\t0, NVIDIA H20, 97871, 600, 550']))).toBe(false);
  });
});

describe('the load of a node', () => {
  const loaded = (load: number, running: number, perCore?: number) =>
    read(
      [
        `load\t${load} 3.00 2.00 9/977 12345`,
        `task-count\tprocs_running ${running}`,
        'task-count\tprocs_blocked 2',
      ],
      perCore,
    ).load;

  it('is foreign where it was high and still is, whoever looks left out', () => {
    // Two of them wait for a disk.
    expect(loaded(6.5, 5)).toEqual({ load_1m: 6.5, running: 6, cores: 8 });
  });

  it('is not foreign where only the average remembers what an earlier scenario did', () => {
    expect(loaded(40, 1)).toBeNull();
  });

  it('is not foreign where it is a moment old', () => {
    expect(loaded(0.3, 30)).toBeNull();
  });

  it('counts from the configured load per core on', () => {
    expect(loaded(6.5, 5, 1)).toBeNull();
    expect(loaded(6.5, 5, 0.7)).not.toBeNull();
  });

  it('is nobody’s where the node cannot tell', () => {
    expect(
      readForeignUse(parseAnswer('load\t9 9 9 1/1 1'), { at: AT, identity: OURS, loadPerCore: 0.5 })
        .load,
    ).toBeNull();
  });

  it('of one busy core says nothing on the smallest of machines', () => {
    const answer = parseAnswer('cores\t1\nload\t1.00 1 1 1/1 1\ntask-count\tprocs_running 2');
    expect(readForeignUse(answer, { at: AT, identity: OURS, loadPerCore: 0.5 }).load).toBeNull();
  });
});
