import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { chmod, chown, mkdir, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import type { Outcome } from '../../../../src/model/failure.js';
import type { Connection } from '../../../../src/remote/connection.js';
import type { LeaseAnswer } from '../../../../src/run/lease/answer.js';
import { createPool } from '../../../../src/remote/pool/pool.js';
import {
  type Belongings,
  type Claim,
  NOTHING_ELSE,
  acquireLease,
  breakLease,
  endLease,
  readLease,
  releaseLease,
  renewLease,
} from '../../../../src/run/lease/lease.js';
import { identifyProcess } from '../../../../src/run/locks/process.js';
import { nodeSpec } from '../../../support/specs.js';
import { makeTempFolder } from '../../../support/temp-folder.js';
import { GNU, type Tools, openNode } from '../../remote/transfer/stream/nodes.js';
import { ALL_TOOLS } from '../../remote/transfer/stream/tools.js';
import { until, valueOf } from './machines.js';

const SHELLS: readonly Tools[] = [
  ...ALL_TOOLS,
  { ...GNU, name: 'bash', shell: ['bash', '--posix'] },
];
let count = 0;

/** A machine with a folder for its lease, and folders for runs. */
async function openMachine(tools: Tools = GNU, lockPath?: string) {
  const root = await makeTempFolder();
  const folder = lockPath ?? path.join(root, 'shared', 'lock');
  const connection = await openNode(tools);
  const pool = createPool(() =>
    Promise.resolve<Outcome<Connection>>({ ok: true, value: connection }),
  );
  onTestFinished(() => pool.closeAll());
  const base = path.join(root, 'work');
  await mkdir(base);
  const node = nodeSpec({ lockPath: folder, dockerComposePath: base });
  const claim = (controller = 'c0ffee', leaseMs = 60_000): Claim => {
    count += 1;
    const id = `${process.pid}x${count}`;
    return {
      ...{ holder: id, run: `R${id}`, controller, machine: 'desk', user: 'ann', pid: 1 },
      ...{ root: '/home/ann/bench', since: '2026-06-01T19:04:09.000Z', leaseMs },
    };
  };
  // Whatever a failed test leaves must not watch on.
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return {
    ...{ node, base, folder, lease: path.join(folder, 'lease'), claim },
    folderOf: ({ run, controller }: Claim) => path.join(base, `playbook-${run}-${controller}`),
    acquire: async (own: Claim, belongings?: Belongings, name = node.name) =>
      valueOf(await acquireLease(pool, { ...node, name }, own, belongings)),
    renew: async (own: Claim, belongings = NOTHING_ELSE) =>
      valueOf(await renewLease(pool, node, own, belongings, 10_000)),
    release: async (own: Claim, name = node.name) =>
      valueOf(await releaseLease(pool, { ...node, name }, own)),
    read: async () => valueOf(await readLease(pool, node, '/')),
    break: async (holder: string, kept: readonly string[] = []) =>
      valueOf(await breakLease(pool, node, '/', holder, kept)),
    end: async (own: Claim) => valueOf(await endLease(pool, node, '/', own)),
    watchdog: async () =>
      Number((await readFile(path.join(folder, 'lease', 'watchdog'), 'utf8')).split(' ')[0]),
  };
}

/** Changes of which process a lease says that it has it. */
async function heldBy(lease: string, holder: object): Promise<void> {
  const file = path.join(lease, 'holder');
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace(/^process .*$/m, `process ${JSON.stringify(holder)}`));
}

function isRunning(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

describe.each(SHELLS)('a lease, with $name', (tools) => {
  it('is had by one, who is named to others, and leaves nothing when it is given back', async () => {
    const machine = await openMachine(tools);
    const own = machine.claim();
    const other = machine.claim('abcdef');
    expect(await machine.acquire(own)).toMatchObject({ word: 'acquired', watchdog: 'started' });
    expect(await machine.acquire(other)).toMatchObject({
      word: 'held',
      holder: {
        ...{
          id: own.holder,
          run: own.run,
          machine: 'desk',
          user: 'ann',
          project: '/home/ann/bench',
        },
        ...{ leaseSeconds: 60, ageSeconds: expect.any(Number) as number, isWatched: true },
      },
    });
    expect(await machine.renew(own)).toMatchObject({ word: 'renewed', watchdog: null });
    expect(await machine.renew(other)).toMatchObject({ word: 'lost', holder: { id: own.holder } });
    expect(await machine.release(other)).toMatchObject({ word: 'lost' });
    expect((statSync(machine.lease).mode & 0o777).toString(8)).toBe('777');

    const watchdog = await machine.watchdog();
    const environment = await readFile(`/proc/${watchdog}/environ`, 'latin1');
    expect(environment).not.toMatch(/PLAYBOOK_(RUN|CONTROLLER|EXEC)=/);
    const [, , group, session, terminal] = (await readFile(`/proc/${watchdog}/stat`, 'utf8'))
      .replace(/^.*\) /, '')
      .split(' ');
    expect([group, session, terminal]).toEqual([String(watchdog), String(watchdog), '0']);

    expect(await machine.release(own)).toMatchObject({ word: 'released', watchdog: null });
    expect(isRunning(watchdog)).toBe(false);
    expect(await readdir(path.dirname(machine.folder))).toEqual([]);
    expect(await machine.read()).toMatchObject({ word: 'free' });
  });

  it('of nodes that are one machine has one watchdog, also when they ask at once', async () => {
    const machine = await openMachine(tools);
    const own = machine.claim();
    const names = ['one', 'two', 'three'];
    const got = await Promise.all(names.map((name) => machine.acquire(own, NOTHING_ELSE, name)));
    expect(got.map(({ word }) => word)).toEqual(['acquired', 'acquired', 'acquired']);
    expect(got.flatMap(({ watchdog }) => watchdog ?? [])).toEqual(['started']);
    expect(isRunning(await machine.watchdog())).toBe(true);
    for (const name of names) {
      expect(await machine.release(own, name)).toMatchObject({ word: 'released' });
    }
    expect(await readdir(path.dirname(machine.folder))).toEqual([]);
  });

  it('that is not renewed is ended by its watchdog, with all that the run has there and nothing else', async () => {
    const machine = await openMachine(tools);
    const own = machine.claim('c0ffee', 1_000);
    const results = path.join(machine.base, 'results');
    await mkdir(results);
    await writeFile(path.join(results, 'half'), '');
    await mkdir(path.join(machine.folderOf(own), 'baseline'), { recursive: true });
    await mkdir(machine.folderOf({ ...own, controller: 'abcdef' }));
    const start = (controller: string) => {
      const marks = { PLAYBOOK_RUN: own.run, PLAYBOOK_CONTROLLER: controller };
      const child = spawn('sleep', ['60'], { env: { ...process.env, ...marks } });
      onTestFinished(() => void child.kill('SIGKILL'));
      return child;
    };
    const ours = start('c0ffee');
    const stranger = start('abcdef');
    const livesIn = (folder: string) => {
      const options = { cwd: folder, env: {}, detached: true, stdio: 'ignore' } as const;
      const child = spawn('/bin/sleep', ['60'], options);
      onTestFinished(() => void child.kill('SIGKILL'));
      return child;
    };
    const resident = livesIn(path.join(machine.folderOf(own), 'baseline'));
    const neighbour = livesIn(machine.folderOf({ ...own, controller: 'abcdef' }));

    await machine.acquire(own, { emptied: [results], kept: [] });
    const watchdog = await machine.watchdog();
    await until(() => !existsSync(machine.lease), 'the lease is gone');
    await until(() => !isRunning(watchdog), 'the watchdog has ended');
    expect([ours, resident].map(({ signalCode }) => signalCode)).toEqual(['SIGKILL', 'SIGKILL']);
    expect([stranger, neighbour].map(({ signalCode }) => signalCode)).toEqual([null, null]);
    expect((await readdir(machine.base)).sort()).toEqual([`playbook-${own.run}-abcdef`, 'results']);
    expect(await readdir(results)).toEqual([]);
    expect(await machine.renew(own)).toMatchObject({ word: 'lost', holder: null });

    // Told to the next run of that controller, once.
    const another = machine.claim('abcdef');
    expect(await machine.acquire(another)).toMatchObject({ word: 'acquired', notes: [] });
    await machine.release(another);
    const next = machine.claim();
    const { notes } = await machine.acquire(next);
    expect(notes).toMatchObject([{ run: own.run, project: '/home/ann/bench', waitedSeconds: 1 }]);
    expect(notes[0]?.removed.map(({ kind }) => kind).sort()).toEqual([
      'folder',
      'folder',
      'process',
      'process',
    ]);
    await machine.release(next);
    expect((await machine.read()).notes).toEqual([]);
  });

  it('is swept by its watchdog, too, where that cannot write to its folder any more', async () => {
    const machine = await openMachine(tools);
    const own = machine.claim('c0ffee', 1_000);
    await mkdir(machine.folderOf(own));
    await machine.acquire(own);
    const watchdog = await machine.watchdog();
    await symlink('/nonexistent/file', path.join(machine.lease, 'expired'));
    await until(() => !isRunning(watchdog), 'the watchdog has ended');
    expect(existsSync(machine.folderOf(own))).toBe(false);
    expect(existsSync(machine.lease)).toBe(false);
  });

  it('keeps what is to be swept where the disk is too full for anything new, and says so', async () => {
    const machine = await openMachine(tools);
    const own = machine.claim();
    const results = path.join(machine.base, 'results');
    await machine.acquire(own, { emptied: [results], kept: [] });
    const entry = path.join(machine.lease, 'nodes', 'node1');
    const before = await readFile(entry, 'utf8');
    await symlink('/dev/full', path.join(machine.lease, 'node.new'));
    await expect(machine.renew(own)).rejects.toThrow('No space left on device');
    expect(await readFile(entry, 'utf8')).toBe(before);
    expect(await readdir(path.dirname(entry))).toEqual(['node1']);
    await rm(path.join(machine.lease, 'node.new'));
    expect((await machine.renew(own)).word).toBe('renewed');
    await machine.release(own);
  });

  it('of a holder that is dead is taken over, after what it has left was removed', async () => {
    const machine = await openMachine(tools);
    const dead = machine.claim('c0ffee', 1_000);
    await machine.acquire(dead);
    process.kill(-(await machine.watchdog()), 'SIGKILL');
    await mkdir(machine.folderOf(dead));
    // Not before its time is up: it might only be slow.
    const other = machine.claim('abcdef');
    let answer: LeaseAnswer | undefined;
    await until(async () => {
      answer = await machine.acquire(other);
      return answer.word !== 'held';
    }, 'it is not held any more');
    expect(answer).toMatchObject({ word: 'acquired', taken: { id: dead.holder }, left: [] });
    expect(existsSync(machine.folderOf(dead))).toBe(false);

    // At once: its controller has seen that it is gone. Until then it is left alone, also by its own controller.
    const holding = spawn('sleep', ['60']);
    onTestFinished(() => void holding.kill('SIGKILL'));
    await heldBy(machine.lease, { ...identifyProcess(), pid: holding.pid, process_start: null });
    const next = machine.claim('abcdef');
    expect(await machine.acquire(next)).toMatchObject({
      word: 'held',
      holder: { id: other.holder },
    });
    holding.kill('SIGKILL');
    await once(holding, 'exit');
    expect(await machine.acquire(machine.claim('c0ffee'))).toMatchObject({ word: 'held' });
    expect(await machine.acquire(next)).toMatchObject({
      word: 'acquired',
      taken: { id: other.holder },
    });
    // At once: what ran before the machine was started again runs no more.
    const holder = path.join(machine.lease, 'holder');
    const text = await readFile(holder, 'utf8');
    await writeFile(holder, text.replace(/^boot .*$/m, 'boot another'));
    const last = machine.claim('123456');
    expect(await machine.acquire(last)).toMatchObject({
      word: 'acquired',
      taken: { id: next.holder },
    });
    await machine.release(last);
  });

  it('that is taken over is swept but for what its taker knows is to be kept', async () => {
    const machine = await openMachine(tools);
    const dead = machine.claim('c0ffee');
    const declared = path.join(machine.base, 'declared');
    await mkdir(declared);
    await writeFile(path.join(declared, 'figure'), '17');
    await machine.acquire(dead, { emptied: [declared], kept: [] });
    const results = path.join(machine.folderOf(dead), 'one', 'results');
    await mkdir(results, { recursive: true });
    await writeFile(path.join(results, 'figure'), '17');
    await writeFile(path.join(machine.folderOf(dead), 'scratch'), '');
    process.kill(-(await machine.watchdog()), 'SIGKILL');
    await writeFile(path.join(machine.lease, 'expired'), '');
    const next = machine.claim('abcdef');
    expect(await machine.acquire(next, { emptied: [], kept: [results, declared] })).toMatchObject({
      ...{ word: 'acquired', taken: { id: dead.holder }, left: [], trouble: [] },
    });
    expect(await readdir(machine.folderOf(dead), { recursive: true })).toEqual([
      'one',
      'one/results',
      'one/results/figure',
    ]);
    expect(await readdir(declared)).toEqual(['figure']);
    await machine.release(next);
  });

  it('that is broken is lost, and what its run has there is removed at once, by its watchdog', async () => {
    const machine = await openMachine(tools);
    const own = machine.claim();
    await machine.acquire(own);
    const results = path.join(machine.folderOf(own), 'kept');
    await mkdir(results, { recursive: true });
    await writeFile(path.join(results, 'figure'), '17');
    await writeFile(path.join(machine.folderOf(own), 'scratch'), '');
    const marks = { PLAYBOOK_RUN: own.run, PLAYBOOK_CONTROLLER: own.controller };
    const service = spawn('sleep', ['60'], { env: { ...process.env, ...marks } });
    onTestFinished(() => void service.kill('SIGKILL'));
    const watchdog = await machine.watchdog();

    expect(await machine.break('somebody')).toMatchObject({
      ...{ word: 'held', holder: { id: own.holder } },
    });
    expect(await machine.break(own.holder, [results])).toMatchObject({
      ...{ word: 'expiring', holder: { id: own.holder } },
    });
    expect(await machine.renew(own)).toMatchObject({ word: 'lost', holder: { id: own.holder } });
    await until(() => !isRunning(watchdog), 'the watchdog has ended');
    expect(service.signalCode).toBe('SIGKILL');
    expect(await readdir(machine.folderOf(own))).toEqual(['kept']);
    expect(await readdir(results)).toEqual(['figure']);
    expect(await machine.read()).toMatchObject({
      ...{ word: 'free', notes: [{ run: own.run, isBroken: true }] },
    });
    expect(await machine.break(own.holder)).toMatchObject({ word: 'free' });
  });

  it('that is broken without a watchdog is swept by whoever breaks it', async () => {
    const machine = await openMachine(tools);
    const own = machine.claim();
    await machine.acquire(own);
    await mkdir(machine.folderOf(own));
    const results = path.join(machine.base, `playbook-${own.run}-${own.controller}`, 'kept');
    await mkdir(results);
    process.kill(-(await machine.watchdog()), 'SIGKILL');
    expect(await machine.break(own.holder, [results])).toMatchObject({ word: 'broken', left: [] });
    expect(await readdir(machine.folderOf(own))).toEqual(['kept']);
    expect(existsSync(machine.folder)).toBe(false);
    expect(await machine.renew(own)).toMatchObject({ word: 'lost', holder: null });
  });

  it('is got by exactly one of many that ask at once, with and without flock', async () => {
    const bin = await makeTempFolder();
    await writeFile(path.join(bin, 'flock'), '#!/bin/sh\nexit 65\n');
    await chmod(path.join(bin, 'flock'), 0o755);
    const without = { ...tools, searchPath: `${bin}:${tools.searchPath ?? process.env['PATH']}` };
    for (const each of [tools, without]) {
      const machine = await openMachine(each);
      const dead = machine.claim('c0ffee', 1_000);
      // First a lease that is free, then one that is dead.
      for (const victim of [null, dead]) {
        if (victim) {
          await machine.acquire(victim);
          process.kill(-(await machine.watchdog()), 'SIGKILL');
          await writeFile(path.join(machine.lease, 'expired'), '');
        }
        const claims = Array.from({ length: 6 }, (_, index) => machine.claim(`c${index}`));
        const answers = await Promise.all(claims.map((claim) => machine.acquire(claim)));
        const won = claims.filter((_, index) => answers[index]?.word === 'acquired');
        expect(won).toHaveLength(1);
        expect((await machine.read()).holder?.id).toBe(won[0]?.holder);
        if (won[0]) await machine.release(won[0]);
        expect(await readdir(path.dirname(machine.folder))).toEqual([]);
      }
    }
  });
});

/** Tools without flock, whose `ln` and `mkdir` make their whole group die with the next lock whose name matches. */
async function withDeadlyLocks(tools: Tools) {
  const bin = await makeTempFolder();
  const order = path.join(bin, 'die-at');
  for (const name of ['ln', 'mkdir', 'flock']) {
    const script = `#!/bin/sh
[ $(basename "$0") != flock ] || exit 65
PATH=\${PATH#*:} $(basename "$0") "$@" || exit
for last; do :; done
[ -e '${order}' ] && expr "$last" : "$(cat '${order}')" >/dev/null && rm '${order}' && kill -KILL 0
exit 0
`;
    await writeFile(path.join(bin, name), script);
    await chmod(path.join(bin, name), 0o755);
  }
  return {
    tools: { ...tools, searchPath: `${bin}:${tools.searchPath ?? process.env['PATH']}` },
    dieAt: (pattern: string) => writeFile(order, pattern),
  };
}

// Busybox has a flock of its own, and looks for no other.
const WITHOUT_FLOCK = SHELLS.filter(({ name }) => name !== 'busybox');
describe.each(WITHOUT_FLOCK)('the turn at a lease without flock, with $name', (all) => {
  it('is had by others after the death of whoever had it, and of whoever was about to take it from that one', async () => {
    const { tools, dieAt } = await withDeadlyLocks(all);
    const machine = await openMachine(tools);
    const own = machine.claim();
    for (const lock of [/.*\.mutex$/, /.*\.mutex[.].*/, /.*\.mutex[.].*/]) {
      await dieAt(lock.source);
      await expect(machine.acquire(own)).rejects.toThrow('signalled');
    }
    expect(await machine.acquire(own)).toMatchObject({ word: 'acquired' });
    await machine.release(own);
    expect(await readdir(path.dirname(machine.folder))).toEqual([]);
  });
});

describe('a lease', () => {
  it('is one where two nodes of a run are one machine, until both are given back', async () => {
    const machine = await openMachine();
    const own = machine.claim();
    await machine.acquire(own);
    const watchdog = await machine.watchdog();
    expect(await machine.acquire(own, NOTHING_ELSE, 'node2')).toMatchObject({ word: 'acquired' });
    expect(await machine.watchdog()).toBe(watchdog);
    await machine.release(own);
    expect((await machine.acquire(machine.claim('abcdef'))).word).toBe('held');
    // A renewal that was on its way meanwhile, for the one that is given back.
    expect((await machine.renew(own)).word).toBe('lost');
    await machine.release(own, 'node2');
    expect(existsSync(machine.folder)).toBe(false);
    expect(isRunning(watchdog)).toBe(false);
  });

  it('whose run cannot be removed stays when it is broken, for whoever comes next to try', async () => {
    const bin = await makeTempFolder();
    const searchPath = `${bin}:${process.env['PATH']}`;
    const machine = await openMachine({ ...GNU, searchPath });
    const own = machine.claim();
    await machine.acquire(own);
    const precious = path.join(machine.folderOf(own), 'precious');
    await mkdir(precious, { recursive: true });
    process.kill(-(await machine.watchdog()), 'SIGKILL');
    const tool = path.join(bin, 'rm');
    await writeFile(
      tool,
      '#!/bin/sh\ncase "$*" in *precious*) exit 1 ;; esac\nexec /bin/rm "$@"\n',
    );
    await chmod(tool, 0o755);
    const broken = await machine.break(own.holder);
    expect(broken).toMatchObject({ word: 'broken', left: [{ kind: 'folder' }] });
    expect(await machine.read()).toMatchObject({ word: 'dead', holder: { id: own.holder } });
    await rm(tool);
    const next = machine.claim('abcdef');
    expect(await machine.acquire(next)).toMatchObject({
      ...{ word: 'acquired', taken: { id: own.holder }, left: [] },
    });
    await machine.release(next);
  });

  it('is lost where the machine was started again, and had anew only after it was swept', async () => {
    const machine = await openMachine();
    const own = machine.claim();
    const startAgain = async () => {
      const holder = path.join(machine.lease, 'holder');
      const text = await readFile(holder, 'utf8');
      await writeFile(holder, text.replace(/^boot .*$/m, 'boot another'));
      const watchdog = await machine.watchdog();
      process.kill(-watchdog, 'SIGKILL');
      await until(() => !isRunning(watchdog), 'the watchdog has ended');
    };
    await machine.acquire(own);
    await mkdir(machine.folderOf(own));
    await startAgain();
    // Somebody sees to what is left, as when nobody renews it.
    expect(await machine.renew(own)).toMatchObject({
      ...{ word: 'lost', holder: null, watchdog: 'started' },
      text: 'the machine was started again since, and what ran there runs no more',
    });
    expect(existsSync(machine.folderOf(own))).toBe(true);
    expect(await machine.acquire(own)).toMatchObject({
      ...{ word: 'acquired', taken: { id: own.holder } },
    });
    expect(existsSync(machine.folderOf(own))).toBe(false);
    expect((await machine.acquire(machine.claim('abcdef'))).word).toBe('held');
    await machine.release(own);
  });

  it('gets a new watchdog when the old one was killed', async () => {
    const machine = await openMachine();
    const own = machine.claim();
    await machine.acquire(own);
    const watchdog = await machine.watchdog();
    process.kill(watchdog, 'SIGKILL');
    await until(() => !isRunning(watchdog), 'the watchdog has ended');
    expect(await machine.renew(own)).toMatchObject({ word: 'renewed', watchdog: 'started' });
    expect(await machine.watchdog()).not.toBe(watchdog);
    await machine.release(own);
  });

  it('that its watchdog has begun to sweep is swept to the end before its holder has it again', async () => {
    const machine = await openMachine();
    const own = machine.claim();
    await machine.acquire(own);
    await mkdir(machine.folderOf(own));
    await writeFile(path.join(machine.lease, 'expired'), '');
    expect(await machine.renew(own)).toMatchObject({ word: 'lost' });
    expect(await machine.acquire(own)).toMatchObject({
      word: 'acquired',
      taken: { id: own.holder },
    });
    expect(existsSync(machine.folderOf(own))).toBe(false);
    expect((await machine.renew(own)).word).toBe('renewed');
    await machine.release(own);
  });

  it('of a run that was swept is ended by its name', async () => {
    const machine = await openMachine();
    const own = machine.claim();
    await machine.acquire(own);
    const watchdog = await machine.watchdog();
    expect((await machine.end({ ...own, run: 'other' })).word).toBe('released');
    expect(isRunning(watchdog)).toBe(true);
    await machine.end(own);
    expect(existsSync(machine.folder)).toBe(false);
    await until(() => !isRunning(watchdog), 'the watchdog has ended');
  });

  it.skipIf(process.getuid?.() !== 0)(
    'lets nobody have a folder emptied who has not written that himself',
    async () => {
      const machine = await openMachine();
      const dead = machine.claim();
      const precious = path.join(machine.base, 'precious');
      await mkdir(precious);
      await writeFile(path.join(precious, 'file'), '');
      await machine.acquire(dead, { emptied: [precious], kept: [] });
      // As another login on that machine would have written it.
      await chown(path.join(machine.lease, 'nodes', 'node1'), 65534, 65534);
      const next = machine.claim();
      expect(await machine.acquire(next)).toMatchObject({ taken: { id: dead.holder } });
      expect(await readdir(precious)).toEqual(['file']);
      await machine.release(next);
    },
  );

  it.each(['holder', 'beat.new', 'node.new'])(
    'that cannot be written, for want of room for its %s, says so and leaves nothing',
    async (file) => {
      const bin = await makeTempFolder();
      const script = `#!/bin/sh
/bin/mkdir "$@" || exit
for last; do :; done
case $last in */lease.new) ln -s /dev/full "$last/${file}" ;; esac
exit 0
`;
      await writeFile(path.join(bin, 'mkdir'), script);
      await chmod(path.join(bin, 'mkdir'), 0o755);
      const searchPath = `${bin}:${process.env['PATH']}`;
      const machine = await openMachine({ ...GNU, searchPath });
      await expect(machine.acquire(machine.claim())).rejects.toThrow('No space left on device');
      expect(await readdir(path.dirname(machine.folder))).toEqual([]);
    },
  );

  it('does not follow a link that somebody has put in its place', async () => {
    const elsewhere = await makeTempFolder();
    const parent = await makeTempFolder();
    await symlink(elsewhere, path.join(parent, 'lock'));
    const machine = await openMachine(GNU, path.join(parent, 'lock'));
    await expect(machine.acquire(machine.claim())).rejects.toThrow('cannot be used');
    expect(await readdir(elsewhere)).toEqual([]);
  });
});
