import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import type { LeaseAnswer } from '../../../../src/run/lease/answer.js';
import { type Loss, holdLease } from '../../../../src/run/lease/held-lease.js';
import { acquireLease, breakLease, readLease } from '../../../../src/run/lease/lease.js';
import { lostLease } from '../../../../src/run/lease/words.js';
import { createManualClock } from '../../../support/manual-clock.js';
import { makeClaim, openMachines, until, untilRemaining, valueOf } from './machines.js';

const LEASE_MS = 60_000;
const PAUSE_MS = 20_000;
const RETRY_MS = 5_000;

/** A lease that has just been acquired, and what was heard of it. */
async function holdOne() {
  const {
    pool,
    machines: [machine],
  } = await openMachines('node1');
  if (!machine) throw new Error('there is no machine');
  const { node } = machine;
  const clock = createManualClock();
  const claim = makeClaim(LEASE_MS);
  const losses: Loss[] = [];
  const released: LeaseAnswer[] = [];
  const heard = { strikes: 0, restarts: 0, losses, released };
  let emptied: readonly string[] = [];
  valueOf(await acquireLease(pool, node, claim));
  const lease = holdLease(node, {
    ...{ pool, clock, claim, acquiredAt: clock.monotonic() },
    strike: () => (heard.strikes += 1),
    belongings: () => ({ emptied, kept: [] }),
    onRestarted: () => (heard.restarts += 1),
    onLost: (loss) => losses.push(loss),
    onReleased: (answer) => released.push(answer),
  });
  onTestFinished(async () => {
    machine.mend();
    await lease.release();
  });
  return {
    ...{ machine, clock, claim, lease, heard },
    tell: (folders: readonly string[]) => (emptied = folders),
    read: async () => valueOf(await readLease(pool, node, '/')),
    /** Sweeps at once: its watchdog, which would do that in its own time, is gone. */
    break: async () => {
      const [watchdog] = (await readFile(path.join(machine.lease, 'watchdog'), 'utf8')).split(' ');
      process.kill(-Number(watchdog), 'SIGKILL');
      return valueOf(await breakLease(pool, node, '/', claim.holder));
    },
    takeBy: async (other = makeClaim(LEASE_MS, 'abcdef')) => {
      valueOf(await acquireLease(pool, node, other));
      return other;
    },
    /** Lets its next renewal fail, and the retries after it, until so much time has passed since it was acquired. */
    failUntil: async (ms: number) => {
      await clock.advance(PAUSE_MS - clock.monotonic());
      while (clock.monotonic() + RETRY_MS <= ms) {
        await untilRemaining(clock, RETRY_MS);
        await clock.advance(RETRY_MS);
      }
      await untilRemaining(clock, RETRY_MS);
      await clock.advance(ms - clock.monotonic());
    },
  };
}

describe('a lease that is held', () => {
  it('is renewed after a third of its time, with what belongs to it by then', async () => {
    const { clock, heard, lease, machine, tell } = await holdOne();
    for (const beats of [1, 2]) {
      tell([`/data/${beats}`]);
      const before = await machine.beat();
      await clock.advance(PAUSE_MS - 1);
      expect(clock.remaining).toEqual([1]);
      expect(await machine.beat()).toBe(before);
      await clock.advance(1);
      await untilRemaining(clock, PAUSE_MS);
      expect(await machine.beat()).not.toBe(before);
      const entry = await readFile(path.join(machine.lease, 'nodes', 'node1'), 'utf8');
      expect(entry).toContain(`emptied /data/${beats}\n`);
    }
    const before = await machine.beat();
    await lease.renewNow();
    expect(await machine.beat()).not.toBe(before);
    expect(heard).toMatchObject({ losses: [], strikes: 0, restarts: 0 });
  });

  it('is lost when the time is up and not before, with how long it was silent', async () => {
    const { clock, failUntil, heard, machine } = await holdOne();
    await machine.cut();
    await failUntil(LEASE_MS - 1);
    expect(heard.losses).toEqual([]);
    await clock.advance(1);
    await until(() => heard.losses.length > 0, 'it is lost');
    expect(heard.losses).toMatchObject([
      { answer: null, silentMs: LEASE_MS, trouble: { kind: 'unreachable' } },
    ]);
    expect(clock.remaining).toEqual([]);
    // What it has there is still to be looked at.
    expect(heard.strikes).toBe(0);
    const [loss] = heard.losses;
    expect(loss && lostLease('node1', loss, LEASE_MS)).toMatchObject({
      kind: 'lease_lost',
      message: expect.stringContaining(
        'not heard of for 1 min, longer than lease_timeout (1 min)',
      ) as string,
      cause: { message: 'no route' },
    });
  });

  it('survives a line that comes back in time', async () => {
    const { clock, failUntil, heard, machine } = await holdOne();
    const before = await machine.beat();
    await machine.cut();
    // Before the last try of all.
    await failUntil(LEASE_MS - RETRY_MS - 1);
    machine.mend();
    await clock.advance(1);
    await untilRemaining(clock, PAUSE_MS);
    expect(await machine.beat()).not.toBe(before);
    // From then on it has all of its time again.
    await machine.cut();
    await clock.advance(PAUSE_MS);
    await untilRemaining(clock, RETRY_MS);
    expect(heard.losses).toEqual([]);
  });

  it('is not outlived by a renewal that hangs', async () => {
    const { clock, heard, machine, lease } = await holdOne();
    // Whoever wants to change something has to wait for that.
    const blocker = spawn(
      'flock',
      [path.dirname(machine.folder), 'sh', '-c', 'echo; exec sleep 60'],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
        detached: true,
      },
    );
    const unblock = () => process.kill(-(blocker.pid ?? 0), 'SIGKILL');
    await once(blocker.stdout, 'data');
    await clock.advance(PAUSE_MS);
    await untilRemaining(clock, LEASE_MS - PAUSE_MS);
    await clock.advance(LEASE_MS - PAUSE_MS - 1);
    expect(heard.losses).toEqual([]);
    await clock.advance(1);
    unblock();
    expect(heard.losses).toEqual([{ answer: null, silentMs: LEASE_MS, trouble: null }]);
    expect(clock.remaining).toEqual([]);
    // An answer that comes too late changes nothing.
    await lease.renewNow();
    expect(heard.losses).toHaveLength(1);
  });

  it('is told what kept it from being renewed, where the machine says so', async () => {
    const { clock, failUntil, heard, machine } = await holdOne();
    await symlink('/dev/full', path.join(machine.lease, 'node.new'));
    await failUntil(LEASE_MS - 1);
    await clock.advance(1);
    await until(() => heard.losses.length > 0, 'it is lost');
    const [loss] = heard.losses;
    const { message = '', hint } = (loss && lostLease('node1', loss, LEASE_MS)) ?? {};
    expect(message).toMatch(
      /^its lease was lost: it could not be renewed for 1 min, longer than lease_timeout \(1 min\): .*No space left on device$/,
    );
    expect(hint).toContain(`can ${machine.folder} be written to there?`);
    await rm(path.join(machine.lease, 'node.new'));
    expect(clock.remaining).toEqual([]);
  });

  it('is told at the next renewal that somebody has broken it, and who has the machine since', async () => {
    const broken = await holdOne();
    await broken.break();
    await broken.clock.advance(PAUSE_MS);
    await until(() => broken.heard.losses.length > 0, 'it is lost');
    expect(broken.heard).toMatchObject({
      ...{ strikes: 1, losses: [{ silentMs: PAUSE_MS, answer: { word: 'lost', holder: null } }] },
    });
    expect(broken.clock.remaining).toEqual([]);

    const taken = await holdOne();
    await taken.break();
    const other = await taken.takeBy();
    await taken.clock.advance(1_000);
    // Out of turn: there was something to tell.
    await taken.lease.renewNow();
    expect(taken.heard).toMatchObject({
      ...{ strikes: 1, losses: [{ silentMs: 1_000, answer: { holder: { id: other.holder } } }] },
    });
    expect(await taken.lease.release()).toBeNull();
    expect((await taken.read()).holder?.id).toBe(other.holder);
  });

  it('is told that the machine was started again', async () => {
    const { heard, lease, machine } = await holdOne();
    const holder = path.join(machine.lease, 'holder');
    const text = await readFile(holder, 'utf8');
    await writeFile(holder, text.replace(/^boot .*$/m, 'boot another'));
    await lease.renewNow();
    const [loss] = heard.losses;
    expect(loss && lostLease('node1', loss, LEASE_MS).message).toBe(
      'its lease was lost: last renewed 0 s ago: the machine was started again since, and what ran there runs no more',
    );
  });

  it('tells once that its watchdog was gone, however often that happens', async () => {
    const { clock, heard, machine } = await holdOne();
    for (const time of ['first', 'second']) {
      const [watchdog] = (await readFile(path.join(machine.lease, 'watchdog'), 'utf8')).split(' ');
      process.kill(-Number(watchdog), 'SIGKILL');
      await clock.advance(PAUSE_MS);
      await untilRemaining(clock, PAUSE_MS);
      expect(heard.restarts, time).toBe(1);
    }
  });

  it('leaves no timer and nothing on the machine once it is released', async () => {
    const { clock, heard, lease, machine } = await holdOne();
    await clock.advance(PAUSE_MS);
    await untilRemaining(clock, PAUSE_MS);
    expect(await lease.release()).toBeNull();
    expect(clock.remaining).toEqual([]);
    expect(machine.isLeased()).toBe(false);
    expect(heard).toMatchObject({ strikes: 1, losses: [], released: [{ word: 'released' }] });
    await clock.advance(10 * LEASE_MS);
    expect(heard.losses).toEqual([]);
  });

  it('that cannot be released is left to its watchdog, and stays in the journal', async () => {
    const { clock, heard, lease, machine } = await holdOne();
    await machine.cut();
    const dialled = machine.dials();
    expect(await clock.advanceUntil(lease.release(), 100)).toMatchObject({
      kind: 'left_behind',
      hint: 'its watchdog does that 1 min after the last sign of life',
      cause: { kind: 'unreachable' },
    });
    // Its sshd may have been starting again.
    expect(machine.dials() - dialled).toBe(3);
    expect(heard).toMatchObject({ strikes: 0, losses: [] });
    expect(clock.remaining).toEqual([]);
  });
});
