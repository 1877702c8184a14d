import { describe, expect, it, onTestFinished } from 'vitest';

import type { RunEvent } from '../../../../src/model/event.js';
import type { Isolation } from '../../../../src/model/scenario.js';
import { planSuite } from '../../../../src/plan/suite-plan.js';
import { openLocal } from '../../../../src/remote/local/connection.js';
import { createPool } from '../../../../src/remote/pool/pool.js';
import type { RunContext } from '../../../../src/run/context.js';
import { createBystanders } from '../../../../src/run/isolation/foreign/bystanders.js';
import { createManualClock } from '../../../support/manual-clock.js';
import { nodeSpec, projectSpec, scenarioSpec, serviceSpec } from '../../../support/specs.js';
import { standInGpus } from '../../../support/stand-in-gpus.js';
import { makeTempFolder } from '../../../support/temp-folder.js';

const STRANGER = 4_194_303;

/** A node with a GPU that somebody uses, and a scenario on it. */
async function occupiedNode(settings: Partial<Isolation>) {
  const gpus = await standInGpus(await makeTempFolder());
  await gpus.occupy(STRANGER);
  const isolation = { ...scenarioSpec().isolation, foreignLoad: 1e6, ...settings };
  const scenario = scenarioSpec({ services: [serviceSpec('engine')], isolation });
  const { plan } = planSuite(projectSpec({ nodes: [nodeSpec()], scenarios: [scenario] }), {
    scenarios: [],
    tags: [],
    skipTags: [],
  });
  const [only] = plan.scenarios;
  const [node] = only?.nodes ?? [];
  if (!only || !node) throw new Error('nothing was planned');
  const events: RunEvent[] = [];
  const clock = createManualClock();
  const pool = createPool((to) => openLocal(to, { cwd: '/', environment: { PATH: gpus.path } }));
  onTestFinished(() => pool.closeAll());
  const stop = new AbortController();
  const context = {
    ...{ pool, clock, run: '20260601_190409', root: '/project', before: new Map() },
    emit: (event: RunEvent) => events.push(event),
  } as unknown as RunContext;
  const bystanders = createBystanders(context, stop.signal);
  const settle = async () => {
    await bystanders.look(only, node);
    return bystanders.settle(only);
  };
  return { settle, gpus, events, clock, context, stop };
}

const WHAT = `GPU 1 is used by python3 (process ${STRANGER}) with 89 GiB`;

describe('somebody on a GPU right before a scenario', () => {
  it('is reported, and recorded for the results', async () => {
    const { settle, events, context } = await occupiedNode({ onForeign: 'report' });
    expect(await settle()).toEqual([]);
    expect(events).toEqual([{ type: 'warning', scenario: 'test', node: 'node1', message: WHAT }]);
    expect(context.before.get('node1')?.foreign.gpu_processes).toMatchObject([{ pid: STRANGER }]);
  });

  it('keeps it from running where that is wanted', async () => {
    const { settle, events } = await occupiedNode({ onForeign: 'fail' });
    expect(await settle()).toMatchObject([{ kind: 'node_in_use', node: 'node1', message: WHAT }]);
    expect(events.map(({ type }) => type)).toEqual(['warning']);
  });

  it('is waited for, and asked again and again, until it is gone', async () => {
    const { settle, events, clock, gpus } = await occupiedNode({ onForeign: 'wait' });
    const settled = settle();
    await clock.sleeping();
    expect(events.at(-1)).toEqual({
      type: 'waiting',
      scenario: null,
      duration_s: 600,
      reason: 'at most, for others on node1 to be done',
    });
    await clock.advance(10_000);
    await clock.sleeping();
    await gpus.release();
    await clock.advance(10_000);
    expect(await settled).toEqual([]);
    expect(clock.monotonic()).toBe(20_000);
    expect(clock.remaining).toEqual([]);
  });

  it.each([
    ['fail', ['node_in_use']],
    ['report', []],
  ] as const)('is not waited for in vain for ever: then %s', async (afterForeignWait, kinds) => {
    const { settle, clock } = await occupiedNode({
      ...{ onForeign: 'wait', foreignWaitMs: 15_000, afterForeignWait },
    });
    const settled = settle();
    await clock.sleeping();
    await clock.advance(10_000);
    await clock.sleeping();
    expect(clock.remaining).toEqual([5_000]);
    await clock.advance(5_000);
    expect((await settled).map(({ kind }) => kind)).toEqual(kinds);
  });

  it('is waited for no longer than the user waits', async () => {
    const { settle, clock, stop } = await occupiedNode({ onForeign: 'wait' });
    const settled = settle();
    await clock.sleeping();
    stop.abort();
    await settled;
    expect(clock.monotonic()).toBe(0);
  });
});
