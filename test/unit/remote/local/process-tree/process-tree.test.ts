import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';

import { afterEach, describe, expect, it } from 'vitest';

import { systemClock } from '../../../../../src/async/clock.js';
import {
  addMark,
  findMarkedProcesses,
} from '../../../../../src/remote/local/process-tree/marked-processes.js';
import { MARK_VARIABLE } from '../../../../../src/remote/mark.js';
import { ProcessTree } from '../../../../../src/remote/local/process-tree/process-tree.js';
import { isLiving, readStat } from '../../../../../src/remote/local/process-tree/proc.js';

const STOP = { stopSignal: 'SIGTERM', clock: systemClock } as const;
const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
});

/** Starts a script in a session of its own; it prints the ids of its processes, then `ready`. */
async function start(
  script: string,
): Promise<{ tree: ProcessTree; pids: number[]; mark: string; group: number }> {
  const mark = randomUUID();
  const child = spawn('bash', ['-c', script], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, [MARK_VARIABLE]: mark },
  });
  children.push(child);
  const group = child.pid ?? 0;
  const tree = new ProcessTree(group, mark);
  let output = '';
  for await (const chunk of child.stdout) {
    output += String(chunk);
    if (output.includes('ready')) break;
  }
  const pids = (output.match(/\d+/g) ?? []).map(Number);
  return { tree, pids: [group, ...pids], mark, group };
}

const living = (pids: readonly number[]) =>
  pids.filter((pid) => {
    const stat = readStat(pid);
    return stat !== null && isLiving(stat);
  });

describe.runIf(process.platform === 'linux')('ending a process tree', () => {
  it.each([
    ['one process', 'echo ready; exec sleep 60'],
    ['children', 'sleep 60 & echo $!; sleep 60 & echo $!; echo ready; wait'],
    ['one that ignores TERM', `trap '' TERM; echo ready; sleep 60; sleep 60`],
    ['children that ignore TERM', `(trap '' TERM; sleep 60; sleep 60) & echo $!; echo ready; wait`],
    [
      'a child in a session of its own',
      `setsid bash -c 'echo $$; sleep 60' & sleep 0.1; echo ready; wait`,
    ],
    [
      'a daemon',
      `(setsid bash -c '(sleep 60 >&- & echo $!; wait) & echo $!; exec >&-; wait' &); sleep 0.1; echo ready; sleep 60`,
    ],
    [
      'a daemon that ignores TERM',
      `(setsid bash -c 'trap "" TERM; echo $$; exec >&- 2>&-; sleep 60; sleep 60' &); sleep 0.1; echo ready; sleep 60`,
    ],
    ['a stopped process', `bash -c 'kill -STOP $$' & echo $!; sleep 0.1; echo ready; wait`],
  ])('takes all of %s', async (_, script) => {
    const { tree, pids } = await start(script);
    expect(living(pids)).toEqual(pids);
    expect(await tree.end({ ...STOP, graceMs: 150 })).toBe(true);
    expect(living(pids)).toEqual([]);
  });

  it('gives a program its grace period to tidy up', async () => {
    const { tree, pids } = await start(
      `trap 'sleep 0.1; exit' TERM; echo ready; while :; do sleep 0.01; done`,
    );
    const begin = performance.now();
    expect(await tree.end({ ...STOP, graceMs: 20_000 })).toBe(true);
    expect(performance.now() - begin).toBeGreaterThan(95);
    expect(performance.now() - begin).toBeLessThan(5_000);
    expect(living(pids)).toEqual([]);
  });

  it('keeps up with a process that forks on and on', async () => {
    const { tree, mark, group } = await start(
      `trap '' TERM; f() { trap '' TERM; while :; do sleep 0.01; setsid sleep 60 & done; }; f & f & echo ready; wait`,
    );
    await wait(100);
    expect(await tree.end({ ...STOP, graceMs: 50 })).toBe(true);
    expect(await findMarkedProcesses(mark, { pid: group, ageMs: Infinity })).toEqual([]);
  });

  it('is done at once where nothing is left', async () => {
    const { tree } = await start('echo ready');
    await wait(50);
    const begin = performance.now();
    expect(await tree.end({ ...STOP, graceMs: 60_000 })).toBe(true);
    expect(performance.now() - begin).toBeLessThan(10_000);
  });

  it('tells when the tree is still there after a while', async () => {
    const { tree } = await start('echo ready; sleep 60');
    expect(await tree.waitForEnd(30)).toBe(false);
    const cancel = new AbortController();
    const waiting = tree.waitForEnd(60_000, cancel.signal);
    cancel.abort();
    expect(await waiting).toBe(false);
    await tree.end({ ...STOP, graceMs: 1_000 });
  });

  it('does not wait for zombies that their parent leaves', async () => {
    // The parent is outside of the group and never collects its child.
    const mark = randomUUID();
    const parent = spawn(
      'python3',
      [
        '-c',
        'import os,time\npid=os.fork()\nif pid==0:\n os.setsid(); os._exit(0)\nprint(pid,flush=True)\ntime.sleep(60)',
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    children.push(parent);
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const zombie = Number(line.toString());
    await expect.poll(() => readStat(zombie)?.state).toBe('Z');
    expect(await new ProcessTree(zombie, mark).waitForEnd(10_000)).toBe(true);
  });
});

describe.runIf(process.platform === 'linux')('finding marked processes', () => {
  it('finds them in any group, soon after the start and long after', async () => {
    const { tree, pids, mark, group } = await start(
      'setsid sleep 60 & echo $!; sleep 0.05; echo ready; sleep 60',
    );
    const [, escaped = 0] = pids;
    expect(await findMarkedProcesses(mark, { pid: group, ageMs: 10 })).toContain(escaped);
    expect(await findMarkedProcesses(mark, { pid: group, ageMs: 3_600_000 })).toContain(escaped);
    expect(await findMarkedProcesses(randomUUID(), { pid: group, ageMs: 10 })).toEqual([]);
    await tree.end({ ...STOP, graceMs: 1_000 });
  });

  it('counts a process with threads once', async () => {
    const mark = randomUUID();
    const child = spawn(process.execPath, ['-e', 'console.log(1); setTimeout(() => {}, 60000)'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, [MARK_VARIABLE]: mark },
    });
    children.push(child);
    await once(child.stdout, 'data');
    const origin = { pid: (child.pid ?? 0) - 1, ageMs: 10 };
    expect(await findMarkedProcesses(mark, origin)).toEqual([child.pid]);
  });

  it('finds what several searches at once are for', async () => {
    const trees = await Promise.all(
      [1, 2, 3].map(() => start('setsid sleep 60 & echo $!; sleep 0.05; echo ready; sleep 60')),
    );
    const found = await Promise.all(
      trees.map(({ mark, group }) => findMarkedProcesses(mark, { pid: group, ageMs: Infinity })),
    );
    trees.forEach(({ pids }, index) => {
      expect(found[index]).toEqual(expect.arrayContaining(pids));
      const others = trees.flatMap((tree, other) => (other === index ? [] : tree.pids));
      for (const pid of others) expect(found[index]).not.toContain(pid);
    });
    await Promise.all(trees.map(({ tree }) => tree.end({ ...STOP, graceMs: 1_000 })));
  });

  it('finds what a nested run started by the mark of the outer one', async () => {
    const [outer, inner] = [randomUUID(), randomUUID()];
    const child = spawn('sleep', ['60'], {
      env: { ...process.env, NOT_PLAYBOOK_EXEC: 'x', [MARK_VARIABLE]: addMark(outer, inner) },
    });
    children.push(child);
    const origin = { pid: (child.pid ?? 0) - 1, ageMs: 10 };
    expect(await findMarkedProcesses(outer, origin)).toEqual([child.pid]);
    expect(await findMarkedProcesses(inner, origin)).toEqual([child.pid]);
  });

  it('finds a mark at the end of a huge environment', async () => {
    const mark = randomUUID();
    const bulk = Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [`BULK_${index}`, 'x'.repeat(30_000)]),
    );
    const child = spawn('sleep', ['60'], {
      env: { ...process.env, ...bulk, [MARK_VARIABLE]: mark },
    });
    children.push(child);
    const found = await findMarkedProcesses(mark, { pid: (child.pid ?? 0) - 1, ageMs: Infinity });
    expect(found).toEqual([child.pid]);
  });
});
