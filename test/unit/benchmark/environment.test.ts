import { describe, expect, it } from 'vitest';

import { scriptEnvironment } from '../../../src/benchmark/environment.js';
import { variableName } from '../../../src/model/scenario-variables.js';
import { nodeSpec, scenarioSpec } from '../../support/specs.js';

const place = {
  run: '20260101_000000',
  controller: 'c0ffee',
  attempt: 2,
  workingFolder: '/work/test',
  resultDirectories: ['/work/test/results', '/data/out'],
};

describe('scriptEnvironment', () => {
  it('names the nodes and the address of each', () => {
    const nodes = [
      nodeSpec({ name: 'gpu-1.a', host: '10.0.0.1' }),
      nodeSpec({ name: 'gpu2', host: 'gpu2.example' }),
    ];
    expect(scriptEnvironment(scenarioSpec(), nodes, place)).toMatchObject({
      SCENARIO_NODES: 'gpu-1.a,gpu2',
      SCENARIO_HOST_GPU_1_A: '10.0.0.1',
      SCENARIO_HOST_GPU2: 'gpu2.example',
      SCENARIO_RESULT_PATH: '/work/test/results:/data/out',
      SCENARIO_ATTEMPT: '2',
    });
  });

  it('lets nobody replace a SCENARIO_ variable', () => {
    const scenario = scenarioSpec();
    const env = { SCENARIO_NAME: 'other', EXTRA: 'value' };
    const changed = { ...scenario, testExecution: { ...scenario.testExecution, env } };
    expect(scriptEnvironment(changed, [], place)).toMatchObject({
      SCENARIO_NAME: 'test',
      EXTRA: 'value',
    });
  });

  it('leaves variables out whose file is not there', () => {
    expect(scriptEnvironment(scenarioSpec(), [], place)).not.toHaveProperty('SCENARIO_CONFIG');
    expect(
      scriptEnvironment(scenarioSpec({ testConfig: 'test_config.json' }), [], place),
    ).toHaveProperty('SCENARIO_CONFIG', '/work/test/test_config.json');
  });
});

describe('variableName', () => {
  it('keeps letters and digits, upper-cased, and makes the rest underscores', () => {
    expect(variableName('gpu-01.lab')).toBe('GPU_01_LAB');
  });
});
