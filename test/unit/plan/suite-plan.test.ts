import { describe, expect, it } from 'vitest';

import { EVERYTHING } from '../../../src/plan/selection.js';
import { planSuite } from '../../../src/plan/suite-plan.js';
import { nodeSpec, projectSpec, scenarioSpec, serviceSpec } from '../../support/specs.js';

const disaggregated = scenarioSpec({
  name: 'disaggregated',
  estimatedDurationMs: 60_000,
  services: [
    serviceSpec('router', [['prefill', 'service_healthy'], 'decode']),
    serviceSpec('prefill', [], { node: 'node2' }),
    serviceSpec('decode', [], { node: 'node3' }),
  ],
});

function plan(scenario = disaggregated) {
  const project = projectSpec({
    nodes: ['node1', 'node2', 'node3', 'node4'].map((name) => nodeSpec({ name })),
    scenarios: [scenario],
  });
  const { plan } = planSuite(project, EVERYTHING);
  const [first] = plan.scenarios;
  if (!first) throw new Error('no scenario was planned');
  const waits = (id: string) => first.operations.find((one) => one.id === id)?.dependsOn;
  return { suite: plan, scenario: first, waits };
}

describe('planSuite', () => {
  it('names the nodes that a scenario uses and no others', () => {
    expect(plan().scenario.nodes.map(({ name }) => name)).toEqual(['node1', 'node2', 'node3']);
  });

  it('lets a service wait for the start or the readiness of each dependency', () => {
    const { waits } = plan();
    expect(waits('deploy router')).toEqual(['prepare node1', 'ready prefill', 'deploy decode']);
    expect(waits('deploy prefill')).toEqual(['prepare node2']);
  });

  it('lets a service wait for the whole batch before it when scheduling by batch', () => {
    const { concurrentDeployment } = disaggregated;
    const { waits } = plan({
      ...disaggregated,
      concurrentDeployment: { ...concurrentDeployment, scheduling: 'batch' },
    });
    expect(waits('deploy router')).toContain('ready decode');
  });

  it('benchmarks when all are ready, collects before it stops, and stops dependents first', () => {
    const { waits } = plan();
    expect(waits('benchmark')).toEqual([
      'prepare controller',
      'ready router',
      'ready prefill',
      'ready decode',
    ]);
    expect(waits('collect')).toEqual(['benchmark']);
    expect(waits('stop router')).toEqual(['collect']);
    expect(waits('stop prefill')).toEqual(['collect', 'stop router']);
    expect(waits('verify node2')).toEqual(['clean node2']);
  });

  it('lists operations only after what they wait for', () => {
    const seen = new Set<string>();
    for (const { id, dependsOn } of plan().scenario.operations) {
      expect([...seen]).toEqual(expect.arrayContaining([...dependsOn]));
      seen.add(id);
    }
  });

  it('adds up estimated durations and the waits between, and names who gives none', () => {
    const project = projectSpec({
      scenarios: [
        scenarioSpec({ name: 'a', estimatedDurationMs: 10_000 }),
        scenarioSpec({ name: 'b' }),
        scenarioSpec({ name: 'c', estimatedDurationMs: 20_000 }),
      ],
      interScenario: { waitBetweenScenariosMs: 5_000, continueOnFailure: true },
    });
    const { plan } = planSuite(project, EVERYTHING);
    expect(plan.estimatedDurationMs).toBe(40_000);
    expect(plan.withoutEstimate).toEqual(['b']);
  });
});
