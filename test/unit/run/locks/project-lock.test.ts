import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, readFile, readdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { temporaryName } from '../../../../src/results/files/atomic-file.js';
import { Interruption } from '../../../../src/run/interruption.js';
import { type LockHolder, thisProcess } from '../../../../src/run/locks/holder.js';
import {
  acquireProjectLock,
  type ProjectLockOptions,
  projectHolder,
  projectLockFile,
  runsUnderWay,
} from '../../../../src/run/locks/project-lock.js';
import { systemClock } from '../../../../src/async/clock.js';
import { createManualClock } from '../../../support/manual-clock.js';
import { makeTempFolder } from '../../../support/temp-folder.js';

const SOURCES = new URL('../../../../src/run/locks/', import.meta.url);
/** Takes a lock as one of many processes, says whether it got it, and holds it until its input ends. */
const TAKER = `
import { isHeld, takeLock } from './lock-file.js';
import { thisProcess } from './holder.js';

const [file = ''] = process.argv.slice(2);
// All begin at the same moment, once everybody is there.
process.stdout.write('ready\\n');
process.stdin.once('data', () => {
  void takeLock(file, thisProcess('run', Date.now())).then((taken) => {
    process.stdout.write(isHeld(taken) ? 'won\\n' : \`lost to \${taken.holder.pid}\\n\`);
    process.stdin.resume().on('end', () => process.exit(0));
  });
});
`;

let taker = '';

beforeAll(async () => {
  const built = await build({
    stdin: { contents: TAKER, resolveDir: fileURLToPath(SOURCES), loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    write: false,
  });
  taker = built.outputFiles[0]?.text ?? '';
});

interface Taker {
  readonly child: ChildProcess;
  readonly says: (passes: (line: string) => boolean) => Promise<string>;
}

async function startTaker(program: string, lock: string): Promise<Taker> {
  const child = spawn(process.execPath, [program, lock], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  const watchers = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    for (const look of watchers) look();
  });
  const taker: Taker = {
    child,
    says: (passes) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const line = said.split('\n').find((each) => each !== '' && passes(each));
          if (line !== undefined) resolve(line);
        };
        watchers.add(look);
        child.once('exit', () => reject(new Error(`the taker ended: ${said}`)));
        look();
      }),
  };
  await taker.says((line) => line === 'ready');
  return taker;
}

async function lockFolder(holder?: Partial<LockHolder>): Promise<string> {
  const root = await makeTempFolder();
  if (holder) {
    await mkdir(path.join(root, '.playbook'));
    const other = { ...thisProcess('run', Date.now()), run: 'run-a', ...holder };
    await writeFile(projectLockFile(root), `${JSON.stringify(other)}\n0000000000\n`);
  }
  return root;
}

/** A number that no process has: the kernel hands out none beyond this. */
const NOBODY = 2 ** 22 + 1;

function optionsIn(root: string, more: Partial<ProjectLockOptions> = {}): ProjectLockOptions {
  return {
    root,
    command: 'run',
    clock: systemClock,
    waitMs: 0,
    signal: new AbortController().signal,
    onWaiting: () => undefined,
    onLost: () => undefined,
    ...more,
  };
}

async function stirredBefore(file: string, ms: number): Promise<void> {
  const then = new Date(Date.now() - ms);
  await utimes(file, then, then);
}

/** Takes a lock on a clock that goes on as long as it is waited for, calling `every` half a second. */
async function acquireInTime(
  root: string,
  every: () => Promise<void> = () => Promise.resolve(),
  waitMs = 0,
) {
  const clock = createManualClock();
  let isSettled = false;
  const outcome = acquireProjectLock(optionsIn(root, { clock, waitMs })).finally(() => {
    isSettled = true;
  });
  const isOpen = () => !isSettled;
  let waitedMs = 0;
  for (; isOpen() && waitedMs < 10 * 60_000; waitedMs += 500) {
    await Promise.race([clock.sleeping(), outcome]);
    await every();
    await clock.advance(500);
  }
  return { taken: await outcome, waitedMs };
}

describe('the project’s lock', () => {
  it('names its holder, and is gone when it is given back', async () => {
    const root = await lockFolder();
    const first = await acquireProjectLock(optionsIn(root));
    if (!first.ok) throw new Error(first.failure.message);
    await first.value.nameRun('20260601_190411');
    expect(await projectHolder(root)).toMatchObject({ pid: process.pid, run: '20260601_190411' });
    const isUnderWay = await runsUnderWay(root);
    expect([isUnderWay('20260601_190411'), isUnderWay('20260601_190412')]).toEqual([true, false]);

    const second = await acquireProjectLock(optionsIn(root));
    expect(second).toMatchObject({ ok: false, failure: { kind: 'locked' } });
    if (second.ok) return;
    for (const part of ['20260601_190411', String(process.pid), hostname(), 'since 2']) {
      expect(second.failure.message).toContain(part);
    }
    await first.value.release();
    expect(await readdir(path.join(root, '.playbook'))).toEqual([]);
  });

  it('waits as long as it may, says for whom, and gets it when it is given back', async () => {
    const root = await lockFolder();
    const first = await acquireProjectLock(optionsIn(root));
    if (!first.ok) throw new Error(first.failure.message);
    let told: (reason: string) => void = () => undefined;
    const waiting = new Promise<string>((resolve) => (told = resolve));
    const second = acquireProjectLock(optionsIn(root, { waitMs: 60_000, onWaiting: told }));
    expect(await waiting).toContain(`process ${process.pid}`);
    await first.value.release();
    const got = await second;
    expect(got.ok).toBe(true);
    if (got.ok) await got.value.release();
  });

  it('stops waiting at a signal', async () => {
    const root = await lockFolder({});
    const stop = new AbortController();
    const outcome = await acquireProjectLock(
      optionsIn(root, {
        waitMs: 60_000,
        signal: stop.signal,
        onWaiting: () => stop.abort(new Interruption('SIGINT')),
      }),
    );
    expect(outcome).toMatchObject({ ok: false, failure: { kind: 'cancelled' } });
  });

  it.each([
    ['has ended', { pid: NOBODY }],
    ['has ended, and another has its number', { process_start: '1' }],
  ])('is taken over at once from a holder that %s', async (_, holder) => {
    const root = await lockFolder(holder);
    expect(await projectHolder(root)).toBeNull();
    const taken = await acquireProjectLock(optionsIn(root));
    expect(taken.ok).toBe(true);
    expect(await projectHolder(root)).toMatchObject({ pid: process.pid });
    if (taken.ok) await taken.value.release();
    expect(await readdir(path.join(root, '.playbook'))).toEqual([]);
  });

  it('is left to a holder on another machine as long as its heart beats', async () => {
    const root = await lockFolder({ host: 'elsewhere', pid: NOBODY });
    const outcome = await acquireProjectLock(optionsIn(root));
    expect(outcome).toMatchObject({ ok: false, failure: { kind: 'locked' } });
  });

  it('is taken from a holder on another machine that has been silent for long, and stays so', async () => {
    const root = await lockFolder({ host: 'elsewhere', pid: NOBODY });
    await stirredBefore(projectLockFile(root), 10 * 60_000);
    const { taken, waitedMs } = await acquireInTime(root);
    expect(taken.ok).toBe(true);
    expect(waitedMs).toBeGreaterThanOrEqual(25_000);
    if (taken.ok) await taken.value.release();
  });

  const RESTARTED = { machine: thisProcess('run', 0).machine, boot_id: 'another', pid: NOBODY };
  it.skipIf(RESTARTED.machine === null)(
    'is taken at once from a holder of before this machine was started again, whose heart has stopped',
    async () => {
      const root = await lockFolder(RESTARTED);
      await stirredBefore(projectLockFile(root), 30_000);
      expect(await projectHolder(root)).toBeNull();
      const taken = await acquireProjectLock(optionsIn(root));
      expect(taken.ok).toBe(true);
      if (taken.ok) await taken.value.release();
    },
  );

  it.skipIf(RESTARTED.machine === null)(
    'is left to a holder on a copy of this machine, whose heart beats',
    async () => {
      const root = await lockFolder(RESTARTED);
      let beats = 0;
      const { taken } = await acquireInTime(root, async () => {
        beats += 1;
        const [holder] = (await readFile(projectLockFile(root), 'utf8')).split('\n');
        await writeFile(projectLockFile(root), `${holder}\n${String(beats).padStart(10, '0')}\n`);
      });
      expect(taken).toMatchObject({ ok: false, failure: { kind: 'locked' } });
      expect(await projectHolder(root)).toMatchObject({ boot_id: 'another' });
    },
  );

  it('is not taken from a holder of another boot where nobody knows which machine that was', async () => {
    const root = await lockFolder({ machine: null, boot_id: 'another', pid: NOBODY });
    await stirredBefore(projectLockFile(root), 30_000);
    expect(await acquireProjectLock(optionsIn(root))).toMatchObject({
      ok: false,
      failure: { kind: 'locked' },
    });
  });

  it.each([
    ['on another machine', { host: 'elsewhere', pid: NOBODY }, 120_000],
    ['here, and stopped', {}, null],
  ])(
    'that a taker who died before he had it is about to take is his, %s, until he is given up',
    async (_, taker, silenceMs) => {
      const root = await lockFolder({ holder: 'dead', pid: NOBODY });
      const other = { ...thisProcess('run', Date.now()), run: 'run-b', ...taker };
      const next = `${projectLockFile(root)}.after-dead`;
      await writeFile(next, `${JSON.stringify(other)}\n0000000000\n`);
      expect(await acquireProjectLock(optionsIn(root))).toMatchObject({
        ok: false,
        failure: { kind: 'locked', message: expect.stringContaining('run run-b') as string },
      });
      if (silenceMs === null) return;
      const { taken, waitedMs } = await acquireInTime(root, undefined, 5 * 60_000);
      expect(taken.ok).toBe(true);
      expect(waitedMs).toBeGreaterThanOrEqual(silenceMs);
      if (taken.ok) await taken.value.release();
      expect(await readdir(path.join(root, '.playbook'))).toEqual([]);
    },
  );

  it('beats, and tells and stops its work when another machine has taken it', async () => {
    const root = await lockFolder();
    const clock = createManualClock();
    let lost: (message: string) => void = () => undefined;
    const isLost = new Promise<string>((resolve) => (lost = resolve));
    const taken = await acquireProjectLock(optionsIn(root, { clock, onLost: lost }));
    if (!taken.ok) throw new Error(taken.failure.message);
    const beatOf = async () => (await readFile(projectLockFile(root), 'utf8')).split('\n')[1];
    const before = await beatOf();
    await clock.advance(10_000);
    await clock.sleeping();
    expect(await beatOf()).not.toBe(before);

    const other = { ...thisProcess('run', Date.now()), host: 'elsewhere' };
    await writeFile(`${projectLockFile(root)}.new`, `${JSON.stringify(other)}\n0000000000\n`);
    await rename(`${projectLockFile(root)}.new`, projectLockFile(root));
    expect([taken.value.isLost(), taken.value.signal.aborted]).toEqual([false, false]);
    await clock.advance(10_000);
    expect(await isLost).toMatch(
      /run \(process \d+ of \S+ on elsewhere, .* has it; was this machine suspended/,
    );
    expect(taken.value.isLost()).toBe(true);
    expect(taken.value.signal.reason).toMatchObject({ name: 'Interruption', exitCode: 3 });
    await taken.value.release();
    expect(await projectHolder(root)).toMatchObject({ host: 'elsewhere' });
  });

  it('removes what takers that died have left beside it, and nothing of those who live', async () => {
    const root = await lockFolder({});
    const lock = projectLockFile(root);
    const temporary = async (text: string, oldMs: number) => {
      const file = temporaryName(lock);
      await writeFile(file, text);
      await stirredBefore(file, oldMs);
      return path.basename(file);
    };
    const of = (holder: Partial<LockHolder>) =>
      `${JSON.stringify({ ...thisProcess('run', 0), ...holder })}\n0000000000\n`;
    const kept = [
      await temporary(of({}), 3_600_000),
      await temporary(of({ host: 'elsewhere' }), 1_000),
      await temporary('{"half', 1_000),
      'lock.tmp',
    ];
    await writeFile(path.join(path.dirname(lock), 'lock.tmp'), '');
    await temporary(of({ pid: NOBODY }), 0);
    await temporary(of({ host: 'elsewhere' }), 3_600_000);
    await temporary('{"half', 3_600_000);
    await temporary('', 3_600_000);
    await rm(lock);
    const taken = await acquireProjectLock(optionsIn(root));
    if (!taken.ok) throw new Error(taken.failure.message);
    expect((await readdir(path.dirname(lock))).sort()).toEqual([...kept, 'lock'].sort());
    await taken.value.release();
  });

  it('says what to do where its file is none', async () => {
    const root = await lockFolder({});
    await writeFile(projectLockFile(root), '');
    expect(await acquireProjectLock(optionsIn(root))).toMatchObject({
      ok: false,
      failure: { kind: 'locked', hint: expect.stringContaining('remove') as string },
    });
  });

  it('FAULTS 32: goes to exactly one of many processes that want it from a dead holder at once', async () => {
    const root = await lockFolder();
    const program = path.join(root, 'taker.mjs');
    await writeFile(program, taker);
    const lock = path.join(root, 'lock');
    const takers = await Promise.all(Array.from({ length: 12 }, () => startTaker(program, lock)));
    const everybody = (passes: (line: string) => boolean) =>
      Promise.all(takers.map(({ says }) => says(passes)));
    const dead = { ...thisProcess('run', Date.now()), pid: NOBODY };
    // The dead holder was taking over itself, from another one that is dead.
    const before = { ...thisProcess('run', Date.now()), pid: NOBODY };
    await writeFile(lock, `${JSON.stringify(before)}\n0000000000\n`);
    await writeFile(`${lock}.after-${before.holder}`, `${JSON.stringify(dead)}\n0000000000\n`);
    for (const { child } of takers) child.stdin?.write('go\n');
    const answers = await everybody((line) => /^(won|lost)/.test(line));
    const winner = takers[answers.indexOf('won')];
    expect(answers.filter((answer) => answer === 'won')).toHaveLength(1);
    const lost = answers.filter((answer) => answer !== 'won');
    expect(new Set(lost)).toEqual(new Set([`lost to ${winner?.child.pid}`]));
    expect((await readdir(root)).filter((name) => name.includes('lock'))).toEqual(['lock']);
    for (const { child } of takers) child.stdin?.end();
  });
});
