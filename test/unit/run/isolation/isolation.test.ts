import { describe, expect, it } from 'vitest';

import type { RunEvent } from '../../../../src/model/event.js';
import { createFailure, type Failure } from '../../../../src/model/failure.js';
import type { ScenarioPlan } from '../../../../src/model/plan.js';
import type { Isolation as Settings } from '../../../../src/model/scenario.js';
import { planSuite } from '../../../../src/plan/suite-plan.js';
import { createPool } from '../../../../src/remote/pool/pool.js';
import type { RunContext } from '../../../../src/run/context.js';
import type { DirtyNode } from '../../../../src/run/isolation/dirty-node.js';
import { createIsolation } from '../../../../src/run/isolation/isolation.js';
import type { NodeKeeper } from '../../../../src/run/preflight/node-keeper.js';
import { systemClock } from '../../../../src/async/clock.js';
import { nodeSpec, projectSpec, scenarioSpec, serviceSpec } from '../../../support/specs.js';

const LEFT = createFailure('left_behind', 'still there: network x', { node: 'node1' });
const LOST = createFailure('unreachable', 'refused', { node: 'node1' });

/** Two scenarios, one on node1 and one on node2, whose nodes say nothing of what others do. */
function isolationFor(settings: Partial<Settings>, rechecked: readonly Failure[] = []) {
  const isolation = { ...scenarioSpec().isolation, ...settings };
  const scenarios = ['node1', 'node2'].map((node) =>
    scenarioSpec({ name: `on-${node}`, isolation, services: [serviceSpec('web', [], { node })] }),
  );
  const nodes = [nodeSpec({ name: 'node1' }), nodeSpec({ name: 'node2' })];
  const { plan } = planSuite(projectSpec({ nodes, scenarios }), {
    ...{ scenarios: [], tags: [], skipTags: [] },
  });
  const [first, second] = plan.scenarios;
  if (!first || !second) throw new Error('nothing was planned');
  const events: RunEvent[] = [];
  const dirty = new Map<string, DirtyNode>();
  const context = {
    ...{ clock: systemClock, run: 'run', root: '/project', dirty, before: new Map() },
    pool: createPool(() => Promise.resolve({ ok: false, failure: LOST })),
    emit: (event: RunEvent) => events.push(event),
  } as unknown as RunContext;
  const keeper = {
    failuresOf: () => [],
    recheck: (plan: ScenarioPlan) =>
      Promise.resolve(plan.scenario.nodes.includes('node1') ? rechecked : []),
  } as unknown as NodeKeeper;
  const messages = () =>
    events.flatMap((event) =>
      event.type === 'warning' ? [`${event.node}: ${event.message}`] : [],
    );
  const isolated = createIsolation(context, keeper, new AbortController().signal);
  return { isolated, first, second, dirty, messages };
}

function dirtyNode(
  looks: readonly (Failure | null)[],
): DirtyNode & { readonly count: () => number } {
  let count = 0;
  return {
    ...{ scenario: 'on-node1', failure: LEFT, count: () => count },
    lookAgain: () => Promise.resolve(looks[count++] ?? null),
  };
}

describe('a node that stays dirty', () => {
  it('ends the suite where nobody says otherwise, with a reason that names node, scenario and key', () => {
    const { isolated, first, second, dirty } = isolationFor({});
    expect(isolated.after(first)).toBeNull();
    dirty.set('node1', dirtyNode([]));
    expect(isolated.after(first)).toBe(
      'node1 is not clean after on-node1, and isolation.on_dirty is stop',
    );
    // What another scenario has left is not this one's.
    expect(isolated.after(second)).toBeNull();
  });

  it('is set aside where the suite goes on: who needs it fails, and others run', async () => {
    const { isolated, first, second, dirty, messages } = isolationFor({ onDirty: 'continue' });
    dirty.set('node1', dirtyNode([LEFT]));
    expect(isolated.after(first)).toBeNull();
    expect(messages()).toEqual([
      'node1: set aside: scenarios that need it fail, unless it is clean by then',
    ]);
    expect(await isolated.before(second, false)).toEqual([]);
    expect(await isolated.before(first, false)).toEqual([
      { ...LEFT, message: 'not clean since on-node1: still there: network x' },
    ]);
    expect(dirty.has('node1')).toBe(true);
  });

  it('is taken back once it is clean at a later look, and not looked at again', async () => {
    const { isolated, first, dirty, messages } = isolationFor({ onDirty: 'continue' });
    const node = dirtyNode([LEFT, null]);
    dirty.set('node1', node);
    expect(await isolated.before(first, false)).toHaveLength(1);
    expect(await isolated.before(first, false)).toEqual([]);
    expect(await isolated.before(first, false)).toEqual([]);
    expect(messages()).toEqual(['node1: is clean again: taken back']);
    expect(node.count()).toBe(2);
  });

  it('is not looked at while it cannot be reached: that is what is told then', async () => {
    const { isolated, first, dirty } = isolationFor({ onDirty: 'continue' }, [LOST]);
    const node = dirtyNode([]);
    dirty.set('node1', node);
    expect(await isolated.before(first, false)).toEqual([LOST]);
    expect(node.count()).toBe(0);
  });
});
