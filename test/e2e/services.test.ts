import { describe, expect, it } from 'vitest';

import type { StampedEvent } from '../../src/model/event.js';
import { type Files, isAlive, projectFolder, scenarioFiles } from '../support/project-folder.js';

const NO_RETRIES = 'retry_strategy: { service_level_retries: 0 }\n';

function types(events: readonly StampedEvent[], service: string): string[] {
  return events
    .filter((event) => 'service' in event && event.service === service)
    .map(({ type }) => type);
}

/** Where in the stream the first event of a kind about a service stands. */
function position(events: readonly StampedEvent[], type: string, service: string): number {
  return events.findIndex(
    (event) => event.type === type && 'service' in event && event.service === service,
  );
}

describe('services', () => {
  it('start in the order of their dependencies and are stopped in the reverse one', async () => {
    const project = await projectFolder(
      scenarioFiles('001_chain', {
        compose: `
services:
  router: { command: sleep 60, depends_on: { worker: { condition: service_healthy } } }
  worker:
    command: sleep 60
    depends_on: { weights: { condition: service_completed_successfully } }
    healthcheck: { test: ["CMD", "true"], interval: 100ms }
  weights: { command: sh -c 'echo fetched' }
`,
      }),
    );
    const run = await project.playbook('run', '--all');
    expect(run.stderr + run.stdout).toContain('completed');
    expect(run.exitCode).toBe(0);
    const events = await project.events();
    const order = ['weights', 'worker', 'router'].flatMap((service) => [
      position(events, 'service_started', service),
      position(events, 'service_ready', service),
    ]);
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order).not.toContain(-1);
    expect(position(events, 'service_stopped', 'router')).toBeLessThan(
      position(events, 'service_stopped', 'worker'),
    );
    expect(await project.resultFile('chain/nodes/node1/services/weights.log')).toContain('fetched');
  });

  it('fails at once when a service exits, with its log saved and its last lines shown', async () => {
    const project = await projectFolder(
      scenarioFiles('001_broken', {
        metadata: `${NO_RETRIES}deployment: { services: [{ name: engine, health_check: { type: tcp, port: 1, timeout: 100 } }] }`,
        compose: `
services:
  engine: { command: ["sh", "-c", "echo out of GPU memory >&2; exit 7"] }
`,
      }),
    );
    const begin = performance.now();
    const run = await project.playbook('run', 'broken');
    expect(run.exitCode).toBe(1);
    expect(performance.now() - begin).toBeLessThan(20_000);
    expect(run.stderr + run.stdout).toContain('out of GPU memory');
    const { status, failure } = await project.result('broken');
    expect(status).toBe('failed');
    expect(failure).toMatchObject({
      kind: 'service_exited',
      node: 'node1',
      service: 'engine',
      output: ['out of GPU memory'],
    });
    expect(failure?.message).toContain('status 7');
    expect(await project.resultFile('broken/nodes/node1/services/engine.log')).toBe(
      'out of GPU memory\n',
    );
  });

  it('fails a service that never becomes healthy after its timeout, and removes it', async () => {
    const project = await projectFolder(
      scenarioFiles('001_sick', {
        metadata: `${NO_RETRIES}service_health_check: { startup_timeout: 1 }`,
        compose: `
services:
  engine:
    command: ["sh", "-c", "echo $$$$; echo loading; exec sleep 60"]
    healthcheck: { test: ["CMD-SHELL", "echo not yet; exit 1"], interval: 100ms, retries: 2 }
`,
      }),
    );
    const run = await project.playbook('run', 'sick');
    expect(run.exitCode).toBe(1);
    const { failure } = await project.result('sick');
    expect(failure).toMatchObject({ kind: 'service_not_ready', service: 'engine' });
    expect(failure?.message).toContain('not yet');
    const log = await project.resultFile('sick/nodes/node1/services/engine.log');
    expect(log).toContain('loading');
    expect(isAlive(Number(log.split('\n')[0]))).toBe(false);
  });

  it('fails the scenario when a service crashes during the benchmark', async () => {
    const project = await projectFolder(
      scenarioFiles('001_crash', {
        metadata: 'test_execution: { result_paths: [out/] }',
        compose: `
services:
  engine: { command: ["sh", "-c", "while [ ! -e go ]; do sleep 0.05; done; echo segfault; exit 139"], working_dir: "\${WHERE}" }
`,
        script: 'echo early > out/part.txt; touch "$WHERE/go"; sleep 60',
        more: {},
      }),
    );
    await project.write({ '.env': `WHERE=${project.root}\n` });
    const run = project.start(['run', 'crash'], { WHERE: project.root });
    const { exitCode } = await run.finished;
    expect(exitCode).toBe(1);
    const { failure, artifacts } = await project.result('crash');
    expect(failure).toMatchObject({
      kind: 'service_crashed',
      service: 'engine',
      output: ['segfault'],
    });
    expect(artifacts.map(({ path }) => path)).toContain('test_artifacts/out/part.txt');
  });

  it('is not fooled by a service that dies in the last moment of a script that exits 0', async () => {
    const project = await projectFolder(
      scenarioFiles('001_last', {
        compose: `
services:
  engine: { command: ["sh", "-c", "echo $$$$ > /proc/self/cwd/pid; exec sleep 300"], working_dir: "\${WHERE}" }
`,
        script: 'kill -9 "$(cat "$WHERE/pid")"',
      }),
    );
    const run = project.start(['run', 'last'], { WHERE: project.root });
    expect((await run.finished).exitCode).toBe(1);
    const { failure } = await project.result('last');
    expect(failure).toMatchObject({ kind: 'service_crashed', service: 'engine' });
  });

  it('names the crash of a ready service as the cause while others are still coming up', async () => {
    const project = await projectFolder(
      scenarioFiles('001_early', {
        compose: `
services:
  dies: { command: ["sh", "-c", "sleep 0.5; echo assertion failed; exit 134"] }
  slow: { command: sleep 300, healthcheck: { test: ["CMD", "false"], interval: 100ms } }
`,
      }),
    );
    expect((await project.playbook('run', 'early')).exitCode).toBe(1);
    expect((await project.result('early')).failure).toMatchObject({
      kind: 'service_crashed',
      service: 'dies',
      output: ['assertion failed'],
    });
  });

  it('retries a failed service alone, and keeps the log of every start', async () => {
    const project = await projectFolder(
      scenarioFiles('001_flaky', {
        metadata: 'retry_strategy: { service_level_retries: 2, retry_delay: 0 }',
        compose: `
services:
  steady: { command: sleep 60 }
  flaky:
    command: ["sh", "-c", "echo start >> starts; test $$(wc -l < starts) -ge 3 || exit 1; exec sleep 60"]
    healthcheck: { test: ["CMD-SHELL", "test $$(wc -l < starts) -ge 3"], interval: 100ms }
`,
      }),
    );
    const run = await project.playbook('run', 'flaky');
    expect(run.exitCode).toBe(0);
    const events = await project.events();
    const ofFlaky = types(events, 'flaky').filter((type) => type !== 'service_waiting');
    expect(ofFlaky).toEqual([
      ...['service_started', 'service_failed', 'waiting'],
      ...['service_started', 'service_failed', 'waiting'],
      ...['service_started', 'service_ready', 'service_stopped'],
    ]);
    expect(types(events, 'steady').filter((type) => type === 'service_started')).toHaveLength(1);
  });

  it('stops exactly the descendants of a failed service', async () => {
    const project = await projectFolder(
      scenarioFiles('001_part', {
        metadata: NO_RETRIES,
        compose: `
services:
  bad:
    command: ["sh", "-c", "exit 1"]
    healthcheck: { test: ["CMD", "true"], interval: 5s }
  good: { command: sleep 60 }
  child: { command: sleep 60, depends_on: { bad: { condition: service_healthy } } }
`,
      }),
    );
    expect((await project.playbook('run', 'part')).exitCode).toBe(1);
    const events = await project.events();
    expect(types(events, 'child')).toEqual(['service_failed']);
    expect(types(events, 'good')).toContain('service_ready');
    expect((await project.result('part')).failure).toMatchObject({ service: 'bad' });
  });

  it('gets every byte of names and values, and runs nothing of them', async () => {
    const nasty = `P@$$w0rd 'single' "double" $(touch x) \`touch y\` \\ end`;
    const inYaml = JSON.stringify(nasty.replaceAll('$', '$$$$'));
    const project = await projectFolder(
      scenarioFiles('001_bytes', {
        metadata: `test_execution: { result_paths: [seen/], env: { FROM_METADATA: ${JSON.stringify(nasty)} } }`,
        compose: `
services:
  engine:
    command: ["sh", "-c", 'printf "%s|%s" "$$VALUE" "$$1"; exec sleep 60', "sh", ${inYaml}]
    environment: { VALUE: ${inYaml} }
    healthcheck: { test: ["CMD-SHELL", 'test -n "$$VALUE"'], interval: 100ms }
`,
        script: 'printf %s "$FROM_METADATA" > seen/value',
      }),
    );
    const run = await project.playbook('run', 'bytes');
    expect(run.exitCode).toBe(0);
    expect(await project.resultFile('bytes/nodes/node1/services/engine.log')).toBe(
      `${nasty}|${nasty}`,
    );
    expect(await project.resultFile('bytes/test_artifacts/seen/value')).toBe(nasty);
    const all = await project.list('.');
    expect(all.filter((file) => /(^|\/)[xy]$/.test(file))).toEqual([]);
  });

  it('is refused, with the place, for cycles, unknown dependencies and unknown nodes', async () => {
    const compose = (depends: string) => `
services:
  a: { command: sleep 1, depends_on: [${depends}] }
  b: { command: sleep 1, depends_on: [a] }
`;
    const files: Files = {
      ...scenarioFiles('001_cycle', { compose: compose('b') }),
      ...scenarioFiles('002_nothing', { compose: compose('bb') }),
      ...scenarioFiles('003_node', {
        metadata: 'deployment: { node: node2 }',
        compose: 'services: { a: { command: sleep 1 } }',
      }),
    };
    const project = await projectFolder(files);
    const { exitCode, stdout } = await project.playbook('validate', '--format', 'json');
    expect(exitCode).toBe(2);
    const { problems } = JSON.parse(stdout) as {
      problems: { file: string; line: number; message: string; hint: string }[];
    };
    const about = (scenario: string) => problems.filter(({ file }) => file.includes(scenario));
    expect(about('001_cycle')[0]?.message).toMatch(/a → b → a|b → a → b/);
    expect(about('002_nothing')[0]).toMatchObject({ line: 3 });
    expect(
      about('002_nothing')
        .map(({ message, hint }) => message + hint)
        .join(),
    ).toMatch(/bb.*\bb\b/);
    expect(
      about('003_node')
        .map(({ message, hint }) => message + hint)
        .join(),
    ).toContain('node1');
    expect((await project.playbook('run', '--all')).exitCode).toBe(2);
  });
});
