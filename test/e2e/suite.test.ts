import { spawn } from 'node:child_process';
import { readlink } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { PLAYBOOK, isAlive, projectFolder, scenarioFiles } from '../support/project-folder.js';

const ENGINE = `
services:
  engine: { command: ["sh", "-c", "echo $$$$; exec sleep 300"], stop_grace_period: 2s }
`;

describe('a suite', () => {
  it('says plainly where its events cannot all be written, and goes on', async () => {
    // Newlines are twice as long in events as in the script's own log.
    const project = await projectFolder(
      scenarioFiles('001_loud', { script: 'yes "" | head -c 200000' }),
    );
    const limited = 'ulimit -f 600; exec "$0" "$1" run --all --quiet';
    const run = spawn('/bin/sh', ['-c', limited, process.execPath, PLAYBOOK], {
      cwd: project.root,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    run.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
    const ended = new Promise((resolve) => run.on('close', resolve));
    expect(await ended, stderr).toBe(0);
    expect(stderr).toMatch(/^playbook: events\.ndjson is incomplete: could not write .*\n$/);
  });

  it('runs the scenarios in order and leaves the documented tree of results', async () => {
    const project = await projectFolder({
      ...scenarioFiles('002_second', { script: 'echo two' }),
      ...scenarioFiles('001_first', {
        metadata: 'test_execution: { result_paths: [out/] }',
        compose: ENGINE,
        script: 'echo one > out/one',
      }),
      ...scenarioFiles('003_off', { metadata: 'enabled: false' }),
    });
    const run = await project.playbook('run', '--all');
    expect(run.exitCode).toBe(0);
    const suite = await project.suite();
    expect(suite).toMatchObject({
      status: 'completed',
      exit_code: 0,
      scenarios: [
        { name: 'first', status: 'completed', attempts: 1, failure: null },
        { name: 'second', status: 'completed', attempts: 1, failure: null },
      ],
    });
    expect(await readlink(path.join(project.root, 'results/latest'))).toBe(suite.run);
    expect(suite.run).toMatch(/^\d{8}_\d{6}$/);
    expect(await project.list(`results/${suite.run}`)).toEqual([
      'events.ndjson',
      'first/inputs.json',
      'first/nodes/node1/services/engine.log',
      'first/performance_results.csv',
      'first/result_summary.json',
      'first/test_artifacts/out/one',
      'first/test_artifacts/test_stderr.log',
      'first/test_artifacts/test_stdout.log',
      'first/test_metadata.json',
      'first/test_report.md',
      'second/inputs.json',
      'second/performance_results.csv',
      'second/result_summary.json',
      'second/test_artifacts/test_stderr.log',
      'second/test_artifacts/test_stdout.log',
      'second/test_metadata.json',
      'second/test_report.md',
      'suite_summary.json',
      'test_report.md',
    ]);
    const pid = await project.resultFile('first/nodes/node1/services/engine.log');
    expect(isAlive(Number(pid))).toBe(false);
  });

  it.each([
    ['continue_on_failure: true', [], ['failed', 'completed']],
    ['continue_on_failure: false', [], ['failed', 'skipped']],
    ['continue_on_failure: true', ['--fail-fast'], ['failed', 'skipped']],
  ])('with %s and %j ends as %j', async (setting, flags, statuses) => {
    const project = await projectFolder({
      'config/scenarios.yaml': `inter_scenario: { ${setting} }\n`,
      ...scenarioFiles('001_bad', { script: 'exit 3' }),
      ...scenarioFiles('002_good', {}),
    });
    const run = await project.playbook('run', '--all', ...flags);
    expect(run.exitCode).toBe(1);
    const { scenarios, status } = await project.suite();
    expect(scenarios.map((scenario) => scenario.status)).toEqual(statuses);
    expect(status).toBe('failed');
    expect(scenarios[1]?.reason ?? '').toMatch(statuses[1] === 'skipped' ? /bad failed/ : /^$/);
  });

  it('tries a failed scenario again and keeps the earlier attempts', async () => {
    const project = await projectFolder(
      scenarioFiles('001_flaky', {
        metadata: 'retry_strategy: { scenario_level_retries: 2, retry_delay: 0 }\n',
        script: 'echo "attempt $SCENARIO_ATTEMPT"; test "$SCENARIO_ATTEMPT" = 3',
      }),
    );
    expect((await project.playbook('run', 'flaky')).exitCode).toBe(0);
    expect(await project.result('flaky')).toMatchObject({ status: 'completed', attempts: 3 });
    const stdout = (folder: string) =>
      project.resultFile(`flaky/${folder}test_artifacts/test_stdout.log`);
    expect(await stdout('attempts/1/')).toBe('attempt 1\n');
    expect(await stdout('attempts/2/')).toBe('attempt 2\n');
    expect(await stdout('')).toBe('attempt 3\n');
  });

  it('waits between scenarios, but not after the last', async () => {
    const project = await projectFolder({
      'config/scenarios.yaml': 'inter_scenario: { wait_between_scenarios: 300ms }\n',
      ...scenarioFiles('001_one', {}),
      ...scenarioFiles('002_two', {}),
    });
    expect((await project.playbook('run', '--all')).exitCode).toBe(0);
    const events = await project.events();
    expect(events.filter((event) => event.type === 'waiting')).toMatchObject([
      { scenario: null, duration_s: 0.3, reason: 'between scenarios' },
    ]);
    const time = (type: string, scenario: string) =>
      Date.parse(
        events.find(
          (event) => event.type === type && 'scenario' in event && event.scenario === scenario,
        )?.at ?? '',
      );
    expect(
      time('scenario_started', 'two') - time('scenario_finished', 'one'),
    ).toBeGreaterThanOrEqual(290);
  });

  it('collects as much as the mode says', async () => {
    const scenario = (directory: string, mode: string) =>
      scenarioFiles(directory, {
        metadata: `test_execution: { collection_mode: ${mode} }`,
        compose: ENGINE,
      });
    const project = await projectFolder({
      ...scenario('001_basic', 'basic'),
      ...scenario('002_standard', 'standard'),
      ...scenario('003_comprehensive', 'comprehensive'),
    });
    expect((await project.playbook('run', '--all')).exitCode).toBe(0);
    const files = await project.list('results/latest/');
    const has = (file: string) => files.includes(file);
    expect(has('basic/nodes/node1/services/engine.log')).toBe(false);
    expect(has('standard/nodes/node1/services/engine.log')).toBe(true);
    expect(has('comprehensive/nodes/node1/services/engine.log')).toBe(true);
    expect(files.filter((file) => file.startsWith('standard/nodes/node1/system/'))).toEqual([]);
    expect(
      files.filter((file) => file.startsWith('comprehensive/nodes/node1/system/')).length,
    ).toBeGreaterThan(4);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 143],
  ] as const)('%s during the benchmark collects, tears down and exits %i', async (signal, code) => {
    const project = await projectFolder({
      ...scenarioFiles('001_long', {
        metadata: 'test_execution: { result_paths: [out/] }',
        compose: ENGINE,
        script: 'echo half > out/half; echo running; sleep 300',
      }),
      ...scenarioFiles('002_next', {}),
    });
    const run = project.start(['run', '--all', '--reporter', 'json']);
    await run.event((event) => event.type === 'script_output');
    run.child.kill(signal);
    const { exitCode } = await run.finished;
    expect(exitCode).toBe(code);
    const suite = await project.suite();
    expect(suite.exit_code).toBe(code);
    expect(suite.scenarios.map(({ status }) => status)).toEqual(['cancelled', 'skipped']);
    expect(await project.resultFile('long/test_artifacts/out/half')).toBe('half\n');
    const pid = await project.resultFile('long/nodes/node1/services/engine.log');
    expect(isAlive(Number(pid))).toBe(false);
    expect(await project.list('.playbook')).toEqual([]);
  });

  it('Ctrl-C while services come up stops them and exits 130', async () => {
    const project = await projectFolder(
      scenarioFiles('001_loading', {
        compose: `
services:
  engine:
    command: ["sh", "-c", "echo $$$$; exec sleep 300"]
    healthcheck: { test: ["CMD", "false"], interval: 100ms, retries: 1000 }
  waiting: { command: sleep 300, depends_on: { engine: { condition: service_healthy } } }
`,
      }),
    );
    const run = project.start(['run', '--all', '--reporter', 'json']);
    await run.event((event) => event.type === 'service_started');
    run.child.kill('SIGINT');
    expect((await run.finished).exitCode).toBe(130);
    expect(await project.result('loading')).toMatchObject({ status: 'cancelled' });
    const events = await project.events();
    expect(events.filter((event) => event.type === 'service_started')).toHaveLength(1);
    expect(await project.list('.playbook')).toEqual([]);
  });

  it('a second Ctrl-C ends it at once, lists what is left and exits 4', async () => {
    const project = await projectFolder(
      scenarioFiles('001_slow', {
        compose: `
services:
  engine: { command: ["sh", "-c", "trap '' TERM; echo $$$$; while :; do sleep 0.2; done"], stop_grace_period: 5s }
`,
        script: 'echo running; sleep 300',
      }),
    );
    const run = project.start(['run', '--all', '--reporter', 'json']);
    await run.event((event) => event.type === 'script_output');
    run.child.kill('SIGINT');
    await run.event((event) => event.type === 'phase_started' && event.phase === 'stop');
    const begin = performance.now();
    run.child.kill('SIGINT');
    const { exitCode, stderr } = await run.finished;
    expect(exitCode).toBe(4);
    expect(performance.now() - begin).toBeLessThan(1_000);
    expect(stderr).toContain('service engine');
    const [pid = ''] = (
      await project.read('results/latest/slow/nodes/node1/services/engine.log')
    ).split('\n');
    process.kill(-Number(pid), 'SIGKILL');
  });

  it('survives a reader of its output that goes away, and still tears down', async () => {
    const project = await projectFolder(
      scenarioFiles('001_piped', {
        compose: ENGINE,
        script: 'i=0; while [ $i -lt 3000 ]; do echo "line $i"; i=$((i+1)); done',
      }),
    );
    const shell = spawn(
      'sh',
      ['-c', `"$0" "$1" run --all --reporter json | head -n 3`, process.execPath, PLAYBOOK],
      { cwd: project.root, stdio: 'ignore' },
    );
    await new Promise((resolve) => shell.on('close', resolve));
    // head is gone long before the run is over: wait for its last word.
    await expect
      .poll(() => project.suite().catch(() => null), { timeout: 15_000 })
      .toMatchObject({ status: 'completed', exit_code: 0 });
    const pid = await project.resultFile('piped/nodes/node1/services/engine.log');
    expect(isAlive(Number(pid))).toBe(false);
  });
});
