import { describe, expect, it } from 'vitest';

import { buildInputs } from '../../../../src/results/inputs/record.js';
import { createThrowawaySeal } from '../../../../src/results/inputs/seal.js';
import type { FormerScenario } from '../../../../src/results/read/former.js';
import type { ScenarioPlan } from '../../../../src/model/plan.js';
import { EVERYTHING } from '../../../../src/plan/selection.js';
import { planSuite } from '../../../../src/plan/suite-plan.js';
import { remainingOf } from '../../../../src/run/resume/begin.js';
import { decideScenario } from '../../../../src/run/resume/decide.js';
import { selectFormer } from '../../../../src/run/resume/plan-resume.js';
import { nodeSpec, projectSpec, scenarioSpec } from '../../../support/specs.js';

const plan: ScenarioPlan = {
  scenario: scenarioSpec(),
  nodes: [nodeSpec()],
  batches: [],
  operations: [],
};
const discretion = {
  seal: createThrowawaySeal(),
  holdsSecret: () => false,
  namesSecret: () => false,
  secretFiles: new Set<string>(),
};
const inputs = buildInputs(plan, [], discretion);
const result = {
  path: '/results/1/test',
  run: '20260101_000000',
  attempts: 1,
  duration_s: 1,
  metrics: [],
  inputs,
};
const completed: FormerScenario = {
  name: 'test',
  status: 'completed',
  failure: null,
  reason: null,
  result,
  damage: null,
};
const decide = (former: FormerScenario, present = inputs) =>
  decideScenario(former, present, {
    seal: discretion.seal,
    mask: (text) => text,
    locate: () => null,
  });

describe('a scenario of a run that is continued', () => {
  it('is kept if it completed and stands on the same as then', () => {
    expect(decide(completed)).toEqual({
      scenario: 'test',
      kept: { result, recorded: inputs },
    });
  });

  it('runs again if something that it stands on has changed, and says what', () => {
    const present = buildInputs(plan, [{ path: 'x', mode: '0644', sha256: 'aa' }], discretion);
    expect(decide(completed, present)).toMatchObject({ kept: null, reasons: ['x is new'] });
  });

  it.each<[Partial<FormerScenario>, string]>([
    [{ status: 'invalid' }, 'its result was invalid'],
    [{ status: 'cancelled' }, 'it was stopped by a signal'],
    [{ status: 'interrupted' }, 'it was cut off'],
    [{ status: 'skipped', reason: 'disabled' }, 'it was not run: disabled'],
    [
      {
        status: 'failed',
        failure: {
          kind: 'script_failed',
          message: 'run_test.sh exited with status 3',
          hint: null,
          node: null,
          service: null,
          output: [],
        },
      },
      'it failed: run_test.sh exited with status 3',
    ],
    [
      { result: null, damage: 'test_artifacts/a is missing' },
      'its results are damaged: test_artifacts/a is missing',
    ],
    [{ result: { ...result, inputs: null } }, 'inputs.json, which tells what it stood on'],
  ])('runs again after %j', (former, reason) => {
    const decision = decide({ ...completed, ...former });
    expect(decision.kept).toBeNull();
    expect(decision.reasons).toEqual([expect.stringContaining(reason)]);
  });

  it('is left out where the project does not have it any more, or has switched it off', () => {
    const scenarios = [scenarioSpec({ name: 'a' }), scenarioSpec({ name: 'b', enabled: false })];
    expect(selectFormer({ scenarios }, ['c', 'a', 'b'])).toEqual({
      selected: ['a'],
      leftOut: [
        { scenario: 'c', reason: 'the project does not have it any more' },
        { scenario: 'b', reason: 'it is disabled now' },
      ],
    });
  });
});

describe('what remains of a plan', () => {
  it('is what runs, and its estimate is of that alone', () => {
    const scenarios = [600_000, 60_000, null].map((estimatedDurationMs, index) =>
      scenarioSpec({ name: `s${index}`, estimatedDurationMs }),
    );
    const project = projectSpec({ scenarios });
    const interScenario = { ...project.interScenario, waitBetweenScenariosMs: 1_000 };
    const whole = planSuite({ ...project, interScenario }, EVERYTHING).plan;
    expect(whole).toMatchObject({ estimatedDurationMs: 662_000, withoutEstimate: ['s2'] });
    const kept = { result, recorded: inputs };
    const left = remainingOf(whole, [
      { scenario: 's0', kept },
      { scenario: 's1', kept: null, reasons: ['it failed'] },
      { scenario: 's2', kept: null, reasons: ['it failed'] },
    ]);
    expect(left.scenarios.map(({ scenario }) => scenario.name)).toEqual(['s1', 's2']);
    expect(left).toMatchObject({ estimatedDurationMs: 61_000, withoutEstimate: ['s2'] });
  });
});
