import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';

import { describe, expect, it, onTestFinished } from 'vitest';

import {
  PLAYBOOK,
  type ProjectFolder,
  expectExit,
  isAlive,
  projectFolder,
  scenarioFiles,
} from '../support/project-folder.js';
import { KEYS, TERMINAL_MISSING, openTerminal } from '../support/terminal.js';

/** Its service and its script say so when a signal reaches them that was meant for playbook. */
const TELLTALE = scenarioFiles('001_telltale', {
  metadata: 'test_execution: { result_paths: [out/] }',
  compose: `
services:
  engine:
    command: ["sh", "-c", "trap 'echo hit' INT HUP QUIT; echo $$$$; while :; do sleep 0.1; done"]
    stop_grace_period: 3s
`,
  script: `
trap 'echo hit' INT HUP QUIT
echo result > out/result
: >"$SCENARIO_PATH/../../../../running"
until [ -e "$SCENARIO_PATH/../../../../go-on" ]; do sleep 0.1; done`,
});

/** The result is there, nothing else of the run, and no signal came where none was meant. */
async function expectTornDown(project: ProjectFolder) {
  expect(await project.resultFile('telltale/test_artifacts/out/result')).toBe('result\n');
  expect(await project.resultFile('telltale/test_artifacts/test_stdout.log')).toBe('');
  const log = await project.resultFile('telltale/nodes/node1/services/engine.log');
  expect(log).toMatch(/^\d+\n$/);
  expect(isAlive(Number(log))).toBe(false);
  const left = await project.list('.playbook');
  expect(left.filter((file) => /^(work|nodes)\//.test(file))).toEqual([]);
}

/** And has written its result. */
const isScriptRunning = (project: ProjectFolder) =>
  expect.poll(() => project.read('running').catch(() => null), { timeout: 15_000 }).toBe('');

const summaryOf = async (project: ProjectFolder) => {
  await expect
    .poll(() => project.suite().catch(() => null), { timeout: 15_000 })
    .toMatchObject({ status: expect.any(String) as string });
  return project.suite();
};

describe.skipIf(TERMINAL_MISSING !== null)('on a terminal', () => {
  it('30: Ctrl-C is for playbook alone: collected, torn down, 130, and the terminal as it was', async () => {
    const project = await projectFolder(TELLTALE);
    const terminal = openTerminal(project.root);
    terminal.type('playbook.js run --all; echo code=$?\n');
    await isScriptRunning(project);
    terminal.type(KEYS.interrupt);
    expect((await terminal.sees(/code=(\d+)/))[1]).toBe('130');
    expect(terminal.shown()).toContain('interrupted by Ctrl-C');
    // Hidden while the tree is drawn, and shown again.
    expect(terminal.shown().lastIndexOf('\x1b[?25h')).toBeGreaterThan(
      terminal.shown().lastIndexOf('\x1b[?25l'),
    );
    await expectTornDown(project);
  });

  it('30: Ctrl-Z stops it, fg lets it go on where it was', async () => {
    const project = await projectFolder(TELLTALE);
    const terminal = openTerminal(project.root);
    terminal.type('playbook.js run --all; echo code=$?\n');
    await isScriptRunning(project);
    terminal.type(KEYS.suspend);
    await terminal.sees(/Stopped/);
    await project.write({ 'go-on': '' });
    terminal.type('fg; echo ended=$?\n');
    expect((await terminal.sees(/ended=(\d+)/))[1]).toBe('0');
    expect(await project.suite()).toMatchObject({ status: 'completed', exit_code: 0 });
    await expectTornDown(project);
  });

  it('30: a terminal that is closed is a SIGTERM: collected and torn down without anybody watching', async () => {
    const project = await projectFolder(TELLTALE);
    const terminal = openTerminal(project.root);
    terminal.type('playbook.js run --all\n');
    await isScriptRunning(project);
    terminal.close();
    const suite = await summaryOf(project);
    expect(suite).toMatchObject({ status: 'cancelled', exit_code: 143 });
    expect(suite.scenarios[0]?.failure?.message).toContain('the terminal was closed');
    await expectTornDown(project);
  });

  it('30: under nohup a terminal that is closed changes nothing', async () => {
    const project = await projectFolder(TELLTALE);
    const terminal = openTerminal(project.root);
    terminal.type('nohup playbook.js run --all &\n');
    await isScriptRunning(project);
    terminal.close();
    await new Promise((resolve) => terminal.child.once('close', resolve));
    await project.write({ 'go-on': '' });
    expect(await summaryOf(project)).toMatchObject({ status: 'completed', exit_code: 0 });
    await expectTornDown(project);
  });
});

describe('without a terminal', () => {
  it('30: under cron, with hardly an environment, SIGTERM tears down and gives 143', async () => {
    const project = await projectFolder(TELLTALE);
    const { HOME = '/', LOGNAME = 'root' } = process.env;
    // As cron does it: a shell, a session of its own, and a PATH with little in it.
    const cron = spawn('/bin/sh', ['-c', `exec ${process.execPath} ${PLAYBOOK} run --all`], {
      cwd: project.root,
      env: { HOME, LOGNAME, SHELL: '/bin/sh', PATH: '/usr/bin:/bin' },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let stderr = '';
    cron.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
    const ended = new Promise((resolve) => cron.on('close', resolve));
    await isScriptRunning(project);
    cron.kill('SIGTERM');
    expect(await ended).toBe(143);
    expect(stderr).toContain('terminated by SIGTERM');
    expect(stderr).not.toContain('\x1b');
    await expectTornDown(project);
  });

  it('30: in CI, a signal that timeout sends twice is one, and so is the end of the session', async () => {
    const project = await projectFolder(TELLTALE);
    // It sends the signal to its child, and to the process group that both are in.
    const args = ['600', process.execPath, PLAYBOOK, 'run', '--all'];
    const env = { ...process.env, CI: 'true' };
    const limited = spawn('timeout', args, { cwd: project.root, env, stdio: 'ignore' });
    const ended = new Promise((resolve) => limited.on('close', resolve));
    await isScriptRunning(project);
    limited.kill('SIGTERM');
    await expect
      .poll(() => project.resultFile('events.ndjson'), { interval: 1 })
      .toContain('terminated by SIGTERM');
    limited.kill('SIGHUP');
    // What timeout was told to do it tells in its own way: 124 is for time that ran out.
    expect([143, 124]).toContain(await ended);
    expect(await summaryOf(project)).toMatchObject({ status: 'cancelled', exit_code: 143 });
    await expectTornDown(project);
  });

  it('33: whoever reads both streams may go away: torn down, and the exit code is that of the run', async () => {
    const project = await projectFolder(TELLTALE);
    const run = project.start(['run', '--all', '--reporter', 'json']);
    await run.event(({ type }) => type === 'script_started');
    run.child.stdout?.destroy();
    run.child.stderr?.destroy();
    await project.write({ 'go-on': '' });
    expectExit(await run.finished, 0);
    await expectTornDown(project);
  });

  it('30: a signal while the configuration is read ends it at once with 130', async () => {
    const many = Array.from({ length: 300 }, (_, index) =>
      scenarioFiles(`${index + 100}_s${index}`, { compose: 'services: { a: { image: x } }' }),
    );
    const project = await projectFolder(Object.assign({}, ...many) as Record<string, string>);
    const run = project.start(['run', '--all']);
    const pid = Number(run.child.pid);
    // Node itself catches the others from the beginning.
    const catchesHangup = () => {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      const mask = BigInt(`0x${/^SigCgt:\s*(\w+)/m.exec(status)?.[1] ?? '0'}`);
      return (mask & 1n) !== 0n;
    };
    await expect.poll(catchesHangup, { interval: 1, timeout: 10_000 }).toBe(true);
    run.child.kill('SIGINT');
    const { exitCode, signal, stdout } = await run.finished;
    expect({ exitCode, signal, stdout }).toEqual({ exitCode: 130, signal: null, stdout: '' });
    expect(await project.list('.')).not.toContainEqual(expect.stringMatching(/^results\//));
  });
});

describe('30: Ctrl-C does not wait', () => {
  const LIMIT_MS = 5_000;
  const timed = async (project: ProjectFolder, args: readonly string[], ready: () => unknown) => {
    const run = project.start(args);
    await ready();
    const begin = performance.now();
    run.child.kill('SIGINT');
    const finished = await run.finished;
    expect(performance.now() - begin).toBeLessThan(LIMIT_MS);
    return finished;
  };

  it.each([
    ['run', ['run', '--all']],
    ['health', ['health']],
    ['status', ['status']],
    ['exec', ['exec', '--', 'true']],
  ])('for a node that does not answer: %s', async (_, args) => {
    let dials = 0;
    const server = createServer(() => (dials += 1));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    const project = await projectFolder({
      'config/nodes.yaml': `nodes:\n  dead: { host: 127.0.0.1, port: ${port}, password: nothing, runtime: process }\n`,
      ...scenarioFiles('001_any', { metadata: 'test_execution: { node: remote }' }),
    });
    const ended = await timed(project, args, () =>
      expect.poll(() => dials, { timeout: 10_000 }).toBeGreaterThan(0),
    );
    expectExit(ended, 130);
  });

  it('for the pause between scenarios', async () => {
    const project = await projectFolder({
      'config/scenarios.yaml': 'inter_scenario: { wait_between_scenarios: 300 }\n',
      ...scenarioFiles('001_first', {}),
      ...scenarioFiles('002_second', {}),
    });
    const ended = await timed(project, ['run', '--all'], () => waiting(project));
    expectExit(ended, 130);
    expect(await project.suite()).toMatchObject({
      status: 'cancelled',
      scenarios: [{ status: 'completed' }, { status: 'skipped', reason: 'the run was stopped' }],
    });
  });

  it('for the pause before another attempt, and keeps the one that was made', async () => {
    const project = await projectFolder({
      'config/scenarios.yaml':
        'execution_config: { retry_strategy: { scenario_level_retries: 2, retry_delay: 300 } }\n',
      ...scenarioFiles('001_failing', { script: 'exit 3' }),
    });
    const ended = await timed(project, ['run', '--all'], () => waiting(project));
    expectExit(ended, 130);
    expect(await project.result('failing')).toMatchObject({
      status: 'failed',
      script: { exit_code: 3 },
    });
    expect((await project.suite()).scenarios).toMatchObject([{ status: 'failed', attempts: 1 }]);
  });
});

const waiting = (project: ProjectFolder) =>
  expect
    .poll(() => project.resultFile('events.ndjson').catch(() => ''), { timeout: 15_000 })
    .toContain('"waiting"');
