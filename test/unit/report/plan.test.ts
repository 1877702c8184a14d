import { describe, expect, it } from 'vitest';

import type { Project } from '../../../src/model/project.js';
import type { SuitePlan } from '../../../src/model/plan.js';
import { planSuite } from '../../../src/plan/suite-plan.js';
import { planJson } from '../../../src/report/plan/plan-json.js';
import { renderPlanText } from '../../../src/report/plan/plan-text.js';
import { displayWidth } from '../../../src/report/text/width.js';
import { nodeSpec, projectSpec, scenarioSpec, serviceSpec } from '../../support/specs.js';

const PASSWORD = 'P@$$w0rd';

/** Two scenarios that run, and one that does not. */
function plan(overrides: Partial<Project> = {}): SuitePlan {
  const baseline = scenarioSpec({
    name: 'baseline',
    description: 'One engine, alone',
    tags: ['performance'],
    estimatedDurationMs: 1_800_000,
    services: [
      serviceSpec('redis'),
      serviceSpec('p-1@node1', [['redis', 'service_healthy']], {
        process: {
          argv: ['engine', '--api-key', PASSWORD],
          env: {},
          workingDir: '.',
          stopSignal: 'SIGTERM',
          stopGracePeriodMs: 10_000,
          healthCheck: null,
          ports: [],
        },
      }),
      serviceSpec('p-1@node2', ['redis'], { node: 'node2' }),
    ],
    testExecution: {
      node: 'controller',
      script: 'run_test.sh',
      timeoutMs: 2_400_000,
      resultPaths: [
        { path: 'results', kind: 'directory', isAbsolute: false, source: nodeSpec().source },
      ],
      collectionMode: 'standard',
      env: { API_KEY: PASSWORD },
    },
  });
  const sweep = scenarioSpec({ name: 'sweep' });
  const project = projectSpec({
    nodes: [nodeSpec(), nodeSpec({ name: 'node2', transport: 'ssh', host: '10.0.0.2' })],
    scenarios: [baseline, sweep, scenarioSpec({ name: 'old', enabled: false })],
    secrets: [PASSWORD],
    ...overrides,
  });
  return planSuite(project, { scenarios: [], tags: [], skipTags: [] }).plan;
}

describe('a plan as text', () => {
  it('tells nodes, batches, dependencies, what is run, every step, and what is left out', () => {
    const text = renderPlanText(plan());
    expect(`\n${text}`).toMatchInlineSnapshot(`
      "
      2 scenarios of /project, about 30 min
      not counted, without an estimate: sweep
      after a failure the next scenario is run

      NODE   HOST       TRANSPORT  RUNTIME
      node1  127.0.0.1  local      process
      node2  10.0.0.2   ssh        process

      1. baseline (001_baseline, about 30 min)
         about    One engine, alone
         tags     performance
         script   run_test.sh here, for at most 40 min
         results  results/ (standard)
         env      API_KEY
         retries  a failed service: 2 times (after 30 s)

         BATCH  SERVICE    NODE   WAITS FOR
             1  redis      node1
             2  p-1@node1  node1  redis (healthy)
                p-1@node2  node2  redis (started)

         prepare    copy 001_baseline/ to a working folder on node1
                    copy 001_baseline/ to a working folder on node2
                    copy 001_baseline/ to a working folder here
         deploy     start redis on node1: true
                    start p-1@node1 on node1: engine --api-key '***'
                    start p-1@node2 on node2: true
         ready      wait until redis runs
                    wait until p-1@node1 runs
                    wait until p-1@node2 runs
         benchmark  run run_test.sh here (at most 2400 s)
         collect    collect results/; logs of 3 services
         stop       stop p-1@node2 on node2
                    stop p-1@node1 on node1
                    stop redis on node1
         clean      remove the working folder on node1
                    remove the working folder on node2
                    remove the working folder here
         verify     prove that nothing is left on node1
                    prove that nothing is left on node2
                    prove that nothing is left here

      2. sweep (001_sweep)
         script   run_test.sh here, for at most 1 min
         results  SCENARIO_RESULT_PATH (standard)
         retries  a failed service: 2 times (after 30 s)

         no services

         prepare    copy 001_sweep/ to a working folder here
         benchmark  run run_test.sh here (at most 60 s)
         collect    collect SCENARIO_RESULT_PATH
         clean      remove the working folder here
         verify     prove that nothing is left here

      SKIPPED  DIRECTORY  REASON
      old      001_old    disabled
      "
    `);
  });

  it('fits 80 columns but for what cannot be wrapped', () => {
    const tables = renderPlanText(plan())
      .split('\n')
      .filter(
        (line) => !/^ {3}(prepare|deploy|ready|benchmark|collect|stop|clean|verify| ) /.test(line),
      );
    for (const line of tables) expect(displayWidth(line)).toBeLessThanOrEqual(80);
  });

  it('shows no secret', () => {
    expect(renderPlanText(plan())).not.toContain(PASSWORD);
  });

  it('says what happens between scenarios and after a failure', () => {
    const text = renderPlanText(
      plan({ interScenario: { waitBetweenScenariosMs: 120_000, continueOnFailure: false } }),
    );
    expect(text).toContain('2 min between scenarios\n');
    expect(text).toContain('after a failure the remaining scenarios are skipped\n');
    expect(text).toContain('about 32 min\n');
  });
});

describe('a plan as JSON', () => {
  it('has batches and services with their dependencies, an instance on several nodes by its node', () => {
    const [baseline] = planJson(plan()).scenarios;
    expect(baseline).toMatchObject({
      name: 'baseline',
      directory: '001_baseline',
      batches: [['redis'], ['p-1@node1', 'p-1@node2']],
      services: [
        { name: 'redis', node: 'node1', depends_on: [] },
        {
          name: 'p-1@node1',
          node: 'node1',
          depends_on: [{ service: 'redis', condition: 'service_healthy' }],
        },
        {
          name: 'p-1@node2',
          node: 'node2',
          depends_on: [{ service: 'redis', condition: 'service_started' }],
        },
      ],
    });
  });

  it('adds nodes, operations, the estimate and what is skipped', () => {
    const document = planJson(plan());
    expect(document.estimated_duration_s).toBe(1800);
    expect(document.without_estimate).toEqual(['sweep']);
    expect(document.skipped.map(({ name }) => name)).toEqual(['old']);
    expect(document.nodes.map(({ name }) => name)).toEqual(['node1', 'node2']);
    expect(document.scenarios[0]?.operations.map(({ phase }) => phase)).toContain('verify');
  });

  it('shows no secret, and of variables only the names', () => {
    const document = planJson(plan());
    expect(JSON.stringify(document)).not.toContain(PASSWORD);
    expect(document.scenarios[0]?.script.env).toEqual(['API_KEY']);
  });
});
