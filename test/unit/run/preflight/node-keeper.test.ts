import { describe, expect, it } from 'vitest';

import { systemClock } from '../../../../src/async/clock.js';
import type { DeploymentBackend } from '../../../../src/deploy/backend.js';
import type { RunEvent } from '../../../../src/model/event.js';
import { createFailure, type Failure } from '../../../../src/model/failure.js';
import type { ScenarioSpec } from '../../../../src/model/scenario.js';
import { planSuite } from '../../../../src/plan/suite-plan.js';
import { openLocal } from '../../../../src/remote/local/connection.js';
import { createPool } from '../../../../src/remote/pool/pool.js';
import type { RunContext } from '../../../../src/run/context.js';
import { createNodeKeeper } from '../../../../src/run/preflight/node-keeper.js';
import { nodeSpec, projectSpec, scenarioSpec, serviceSpec } from '../../../support/specs.js';

const UNREACHABLE = createFailure('unreachable', 'refused', { node: 'node1' });
const WRONG_KEY = createFailure('authentication', 'wrong key', { node: 'node1' });

function scenarioOn(node: string, autoRecovery: boolean): ScenarioSpec {
  const { serviceHealthCheck } = scenarioSpec();
  return scenarioSpec({
    name: `on-${node}`,
    services: [serviceSpec('web', [], { node })],
    serviceHealthCheck: { ...serviceHealthCheck, strategy: 'quick', autoRecovery },
  });
}

/** @param dials What each dial to node1 comes to, in turn; `null` and all that come later: a connection. */
function keeperFor(scenarios: readonly ScenarioSpec[], dials: readonly (Failure | null)[]) {
  const nodes = [nodeSpec({ name: 'node1' }), nodeSpec({ name: 'node2' })];
  const { plan } = planSuite(projectSpec({ nodes, scenarios }), {
    scenarios: [],
    tags: [],
    skipTags: [],
  });
  const pauses: number[] = [];
  const events: RunEvent[] = [];
  let count = 0;
  const pool = createPool((node) => {
    const failure = node.name === 'node1' ? (dials[count++] ?? null) : null;
    return failure ? Promise.resolve({ ok: false, failure }) : openLocal(node, { cwd: '/' });
  });
  const backend: Partial<DeploymentBackend> = { check: () => Promise.resolve([]) };
  const context = {
    pool,
    root: '/nowhere',
    backends: { process: backend },
    facts: new Map(),
    emit: (event: RunEvent) => events.push(event),
    clock: { ...systemClock, sleep: (ms: number) => Promise.resolve(void pauses.push(ms)) },
  } as unknown as RunContext;
  const keeper = createNodeKeeper(plan, context, new AbortController().signal);
  const [first] = plan.scenarios;
  if (!first) throw new Error('nothing was planned');
  return { keeper, first, plan, pool, pauses, events, dials: () => count };
}

describe('a node that cannot be reached', () => {
  it('is not dialled again at the start, and blocks everything', async () => {
    const { keeper, dials, pauses, plan, pool } = keeperFor(
      [scenarioOn('node1', false), scenarioOn('node2', true)],
      [UNREACHABLE],
    );
    await keeper.checkAll();
    expect([dials(), pauses]).toEqual([1, []]);
    expect(keeper.isBlocked()).toBe(true);
    expect(plan.scenarios.map((each) => keeper.failuresOf(each).length)).toEqual([1, 0]);
    await pool.closeAll();
  });

  it('is dialled again after growing pauses where that is asked for, and used when it answers', async () => {
    const { keeper, first, pauses, pool, events } = keeperFor(
      [scenarioOn('node1', true)],
      [UNREACHABLE, UNREACHABLE, null],
    );
    await keeper.checkAll();
    expect(keeper.failuresOf(first)).toEqual([]);
    expect(pauses).toHaveLength(2);
    expect(pauses[0]).toBeGreaterThanOrEqual(1_000);
    expect(pauses[0]).toBeLessThanOrEqual(2_000);
    expect(pauses[1]).toBeGreaterThanOrEqual(2_000);
    const told = events.flatMap((event) =>
      event.type === 'node_checked' ? event.status : event.type,
    );
    expect(told).toEqual(['failed', 'warning', 'failed', 'warning', 'ok']);
    await pool.closeAll();
  });

  it('is set aside when it goes on failing: what does not need it may run', async () => {
    const { keeper, plan, pool } = keeperFor(
      [scenarioOn('node1', true), scenarioOn('node2', true)],
      Array<Failure>(9).fill(UNREACHABLE),
    );
    await keeper.checkAll();
    expect(keeper.isBlocked()).toBe(false);
    expect(plan.scenarios.map((each) => keeper.failuresOf(each).map(({ kind }) => kind))).toEqual([
      ['unreachable'],
      [],
    ]);
    await pool.closeAll();
  });

  it('is never dialled again for a wrong key', async () => {
    const { keeper, dials, pool } = keeperFor([scenarioOn('node1', true)], [WRONG_KEY, WRONG_KEY]);
    await keeper.checkAll();
    expect(dials()).toBe(1);
    await pool.closeAll();
  });

  it('is dialled again without a word in the results where it was fine before', async () => {
    const { keeper, first, pool, pauses } = keeperFor(
      [scenarioOn('node1', false)],
      [null, UNREACHABLE, UNREACHABLE, null],
    );
    await keeper.checkAll();
    await pool.closeAll();
    expect(await keeper.recheck(first)).toEqual([]);
    expect(pauses).toHaveLength(2);
    await pool.closeAll();
  });

  it('fails the scenario that needs it, when it does not come back', async () => {
    const { keeper, first, pool } = keeperFor(
      [scenarioOn('node1', false)],
      [null, ...Array<Failure>(9).fill(UNREACHABLE)],
    );
    await keeper.checkAll();
    await pool.closeAll();
    expect(await keeper.recheck(first)).toEqual([UNREACHABLE]);
  });
});
