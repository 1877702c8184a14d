import { existsSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import type { RunEvent } from '../../../../src/model/event.js';
import { CONTROLLER } from '../../../../src/model/node.js';
import { openJournal } from '../../../../src/run/journal/open-journal.js';
import { type LeaseOptions, createLeaseKeeper } from '../../../../src/run/lease/keeper.js';
import {
  NOTHING_ELSE,
  acquireLease,
  releaseLease,
  renewLease,
} from '../../../../src/run/lease/lease.js';
import { controllerToken } from '../../../../src/run/controller.js';
import { createManualClock } from '../../../support/manual-clock.js';
import { nodeSpec } from '../../../support/specs.js';
import { makeClaim, openMachines, until, valueOf } from './machines.js';

const RUN = '20260601_190409';
/** Of a lease of 60 s. */
const RENEWED_AFTER_MS = 20_000;
/** What a keeper waits at most between two tries. */
const LONGEST_PAUSE_MS = 7_500;

/** A run that wants two nodes and this machine, and somebody else who may have one of them. */
async function openKeeper(options: Partial<LeaseOptions> = {}) {
  const { root, pool, machines } = await openMachines('free', 'wanted');
  const [free, wanted] = machines;
  if (!free || !wanted) throw new Error('there are no machines');
  const clock = createManualClock();
  const opened = valueOf(
    await openJournal({
      ...{ root, controller: controllerToken(root), machines: [], mask: (text) => text },
    }),
  );
  const journal = valueOf(await opened.begin({ run: RUN, at: 0, nodes: [] }));
  onTestFinished(() => journal.close());
  const events: RunEvent[] = [];
  const interrupt = new AbortController();
  const controller = nodeSpec({ name: CONTROLLER });
  const keeper = createLeaseKeeper(
    {
      ...{ run: RUN, root, clock, pool, journal, controller },
      emit: (event) => void events.push(event),
    },
    {
      nodes: machines.map(({ node }) => node),
      ...{ leaseMs: 60_000, waitMs: 0, keptOn: () => [], signal: interrupt.signal },
      ...options,
    },
  );
  onTestFinished(() => keeper.releaseAll().then(() => undefined));
  const other = makeClaim(60_000, 'abcdef');
  return {
    ...{ clock, events, free, interrupt, journal, keeper, other, wanted },
    ownLease: path.join(root, '.playbook', 'leases', CONTROLLER, 'lease'),
    /** As one who is at work there. */
    takeWanted: async () => {
      valueOf(await acquireLease(pool, wanted.node, other));
      return valueOf(await renewLease(pool, wanted.node, other, NOTHING_ELSE, 10_000));
    },
    /** As one who may be about to take others, too. */
    beginToTakeWanted: async (holder: string) =>
      valueOf(await acquireLease(pool, wanted.node, { ...other, holder })),
    giveWantedBackTo: async (holder: string) =>
      valueOf(await releaseLease(pool, wanted.node, { ...other, holder })),
    giveWantedBack: async () => valueOf(await releaseLease(pool, wanted.node, other)),
    waits: () => events.filter(({ type }) => type === 'waiting'),
    /** Until it does nothing but wait for its next try. */
    untilItWaits: () =>
      until(() => {
        const [next = Infinity, ...more] = clock.remaining;
        return more.length === 0 && next <= LONGEST_PAUSE_MS;
      }, 'it waits'),
  };
}

describe('the machines of a run', () => {
  it('are got all at once, are in the journal until they are given back, and leave no timer', async () => {
    const { clock, free, journal, keeper, ownLease, wanted } = await openKeeper();
    expect(await keeper.acquireAll()).toEqual([]);
    expect([free.isLeased(), wanted.isLeased(), existsSync(ownLease)]).toEqual([true, true, true]);
    expect(
      journal
        .list()
        .map(({ node, kind }) => `${kind} of ${node}`)
        .sort(),
    ).toEqual([`lease of ${CONTROLLER}`, 'lease of free', 'lease of wanted']);
    expect(clock.remaining).toEqual(Array.from({ length: 3 }, () => RENEWED_AFTER_MS));
    expect(await keeper.releaseAll()).toEqual([]);
    expect(clock.remaining).toEqual([]);
    expect([free.isLeased(), wanted.isLeased(), existsSync(ownLease)]).toEqual([
      false,
      false,
      false,
    ]);
    expect(journal.list()).toEqual([]);
  });

  it('are all given back where others have one of them, and nothing is left of the try', async () => {
    const { clock, free, journal, keeper, other, ownLease, takeWanted, wanted, waits } =
      await openKeeper();
    await takeWanted();
    expect(await keeper.acquireAll()).toMatchObject([
      {
        ...{ kind: 'locked', node: 'wanted' },
        message: expect.stringContaining(`it is held by run ${other.run} of ann@desk`) as string,
      },
    ]);
    expect(journal.list()).toEqual([]);
    expect([existsSync(free.folder), existsSync(ownLease)]).toEqual([false, false]);
    expect(wanted.isLeased()).toBe(true);
    expect(clock.remaining).toEqual([]);
    expect(waits()).toEqual([]);
  });

  it('are waited for as long as the run may, and for whom is told once', async () => {
    const waitMs = 8_000;
    const { clock, free, journal, keeper, other, takeWanted, untilItWaits, waits } =
      await openKeeper({ waitMs });
    await takeWanted();
    let failures: readonly unknown[] | undefined;
    const acquiring = keeper.acquireAll().then((outcome) => (failures = outcome));
    while (clock.monotonic() < waitMs) {
      await untilItWaits();
      expect(failures).toBeUndefined();
      // Between two tries others may have the rest.
      expect(free.isLeased()).toBe(false);
      await clock.advance(clock.remaining[0] ?? 0);
    }
    expect(await acquiring).toMatchObject([{ kind: 'locked', node: 'wanted' }]);
    expect(clock.monotonic()).toBe(waitMs);
    expect(waits()).toMatchObject([
      {
        duration_s: 8,
        reason: expect.stringContaining(`for wanted: it is held by run ${other.run}`) as string,
      },
    ]);
    expect(journal.list()).toEqual([]);
    expect(clock.remaining).toEqual([]);
  });

  it('are got as soon as they are given back', async () => {
    const {
      clock,
      free,
      giveWantedBack,
      journal,
      keeper,
      takeWanted,
      untilItWaits,
      waits,
      wanted,
    } = await openKeeper({ waitMs: 60 * 60_000 });
    await takeWanted();
    const acquiring = keeper.acquireAll();
    await untilItWaits();
    await clock.advance(clock.remaining[0] ?? 0);
    await untilItWaits();
    await giveWantedBack();
    await clock.advance(clock.remaining[0] ?? 0);
    expect(await acquiring).toEqual([]);
    expect([free.isLeased(), wanted.isLeased()]).toEqual([true, true]);
    expect(journal.list()).toHaveLength(3);
    expect(waits()).toHaveLength(1);
    expect(clock.remaining).toHaveLength(3);
  });

  it('are waited for no longer once the user has had enough', async () => {
    const { clock, free, interrupt, journal, keeper, takeWanted, untilItWaits } = await openKeeper({
      waitMs: 60 * 60_000,
    });
    await takeWanted();
    const acquiring = keeper.acquireAll();
    await untilItWaits();
    interrupt.abort();
    expect(await acquiring).toEqual([]);
    expect(free.isLeased()).toBe(false);
    expect(journal.list()).toEqual([]);
    expect(clock.remaining).toEqual([]);
  });

  it.each([
    ['soon by the one whose turn it is', 'z', 500],
    ['later by the one who lets that one go first', '0', 1_500],
  ])(
    'that somebody else who is just beginning has got in part are asked for again, %s',
    async (_, holder, pauseMs) => {
      const opened = await openKeeper({ random: () => 0.5 });
      const { clock, free, journal, keeper, untilItWaits, wanted } = opened;
      await opened.beginToTakeWanted(holder);
      const acquiring = keeper.acquireAll();
      await untilItWaits();
      // So that the other one can have everything.
      expect(free.isLeased()).toBe(false);
      expect(journal.list()).toEqual([]);
      expect(clock.remaining).toEqual([pauseMs]);
      await opened.giveWantedBackTo(holder);
      await clock.advance(pauseMs);
      expect(await acquiring).toEqual([]);
      expect([free.isLeased(), wanted.isLeased()]).toEqual([true, true]);
    },
  );

  it('are given up once whoever was beginning is at work with them', async () => {
    const opened = await openKeeper({ random: () => 0.5 });
    const { clock, keeper, other, takeWanted, untilItWaits } = opened;
    await opened.beginToTakeWanted(other.holder);
    const acquiring = keeper.acquireAll();
    await untilItWaits();
    await takeWanted();
    await clock.advance(clock.remaining[0] ?? 0);
    expect(await acquiring).toMatchObject([{ kind: 'locked', node: 'wanted' }]);
    expect(clock.remaining).toEqual([]);
  });
});
