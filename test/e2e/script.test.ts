import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { isAlive, projectFolder, scenarioFiles } from '../support/project-folder.js';

describe('the test script', () => {
  it('is given the SCENARIO_ variables, and works on a copy', async () => {
    const project = await projectFolder(
      scenarioFiles('001_env', {
        metadata: 'test_execution: { result_paths: [results/, more/], env: { EXTRA: value } }',
        script:
          'env | grep -E "^(SCENARIO_|EXTRA)" | sort > results/env; pwd > more/pwd; ls -A results more > more/ls; touch left-behind',
        more: {
          'test_config.json': '{}',
          '.env': 'A=b\n',
          'results/old.txt': 'of the night before',
        },
      }),
    );
    expect((await project.playbook('run', 'env')).exitCode).toBe(0);
    const pwd = (await project.resultFile('env/test_artifacts/more/pwd')).trim();
    const { run } = await project.suite();
    const text = await project.resultFile('env/test_artifacts/results/env');
    const env: unknown = Object.fromEntries(
      text
        .trim()
        .split('\n')
        .map((line) => line.split(/=(.*)/s)),
    );
    expect(env).toEqual({
      EXTRA: 'value',
      SCENARIO_NAME: 'env',
      SCENARIO_PATH: pwd,
      SCENARIO_RESULT_PATH: `${pwd}/results:${pwd}/more`,
      SCENARIO_RUN_ID: run,
      SCENARIO_ATTEMPT: '1',
      SCENARIO_CONFIG: `${pwd}/test_config.json`,
      SCENARIO_ENV_FILE: `${pwd}/.env`,
      SCENARIO_NODES: '',
    });
    expect(pwd.startsWith(path.join(project.root, '.playbook/work/'))).toBe(true);
    expect(await project.list('scenarios/001_env')).not.toContain('left-behind');
    expect(await project.list('results/latest/env/test_artifacts/results')).toEqual(['env']);
    expect(await project.list('.playbook/work')).toEqual([]);
  });

  it('is dead with its whole tree within the grace period after its timeout, though it ignores TERM', async () => {
    const project = await projectFolder(
      scenarioFiles('001_stubborn', {
        metadata: 'test_execution: { timeout: 1, result_paths: [pids/] }',
        script: `
trap '' TERM
sh -c 'trap "" TERM; echo $$ > pids/child; while :; do sleep 1; done' &
setsid sh -c 'trap "" TERM; echo $$ > pids/escaped; while :; do sleep 1; done' &
echo $$ > pids/script
while :; do sleep 1; done`,
      }),
    );
    const run = await project.playbook('run', 'stubborn');
    expect(run.exitCode).toBe(1);
    const result = await project.result('stubborn');
    expect(result.failure).toMatchObject({ kind: 'script_timed_out' });
    expect(result.script).toMatchObject({ timed_out: true, exit_code: null });
    for (const name of ['script', 'child', 'escaped']) {
      const pid = await project.resultFile(`stubborn/test_artifacts/pids/${name}`);
      expect(isAlive(Number(pid)), name).toBe(false);
    }
  }, 40_000);

  it('fails with the status it exits with, 255 included', async () => {
    const project = await projectFolder(
      scenarioFiles('001_fail', { script: 'echo no such model >&2; exit 255' }),
    );
    const run = await project.playbook('run', 'fail');
    expect(run.exitCode).toBe(1);
    const result = await project.result('fail');
    expect(result.script).toMatchObject({ exit_code: 255, signal: null });
    expect(result.failure).toMatchObject({ kind: 'script_failed', output: ['no such model'] });
    expect(run.stderr + run.stdout).toContain('no such model');
  });

  it('has the signal that killed it recorded', async () => {
    const project = await projectFolder(scenarioFiles('001_killed', { script: 'kill -SEGV $$' }));
    expect((await project.playbook('run', 'killed')).exitCode).toBe(1);
    const result = await project.result('killed');
    expect(result.script).toMatchObject({ exit_code: null, signal: 'SIGSEGV' });
    expect(result.failure).toMatchObject({ kind: 'script_killed' });
  });

  it('has its streams kept byte for byte, however much it prints', async () => {
    const project = await projectFolder(
      scenarioFiles('001_loud', {
        script: String.raw`
printf '\000\377h\303'; printf '\251llo\n'
head -c 50000000 /dev/zero >&2
yes line | head -c 50000000`,
      }),
    );
    expect((await project.playbook('run', 'loud')).exitCode).toBe(0);
    const artifacts = path.join(project.root, 'results/latest/loud/test_artifacts');
    const stdout = await readFile(path.join(artifacts, 'test_stdout.log'));
    expect(stdout.subarray(0, 9)).toEqual(Buffer.from([0, 255, 104, 195, 169, 108, 108, 111, 10]));
    expect(stdout).toHaveLength(50_000_009);
    expect((await stat(path.join(artifacts, 'test_stderr.log'))).size).toBe(50_000_000);
    const log = await stat(path.join(project.root, 'results/latest/events.ndjson'));
    expect(log.size).toBeLessThan(20_000_000);
  }, 60_000);

  it('finds its standard input at its end', async () => {
    const project = await projectFolder(
      scenarioFiles('001_stdin', { script: 'cat; read answer || echo end of file' }),
    );
    expect((await project.playbook('run', 'stdin')).exitCode).toBe(0);
    expect(await project.resultFile('stdin/test_artifacts/test_stdout.log')).toBe('end of file\n');
  });

  it.each([
    ['an empty directory', 'out/', 'true'],
    ['a directory that was removed', 'out/', 'rmdir out'],
    ['a file', 'result.json', 'true'],
    ['a glob', '*.csv', 'true'],
  ])(
    'fails though it exits 0 when a declared result is missing: %s',
    async (_, declared, script) => {
      const project = await projectFolder(
        scenarioFiles('001_empty', {
          metadata: `test_execution: { result_paths: ["${declared}"] }`,
          script,
        }),
      );
      expect((await project.playbook('run', 'empty')).exitCode).toBe(1);
      const { failure } = await project.result('empty');
      expect(failure).toMatchObject({ kind: 'result_missing' });
      expect(failure?.message).toContain(declared);
    },
  );

  it('cannot pass off what the scenario brought along as a result', async () => {
    const project = await projectFolder(
      scenarioFiles('001_old', {
        metadata: 'test_execution: { result_paths: ["*.json"] }',
        script: 'true',
        more: { 'test_config.json': '{}', 'yesterday.json': '{"tokens_per_s": 9000}' },
      }),
    );
    expect((await project.playbook('run', 'old')).exitCode).toBe(1);
    expect((await project.result('old')).failure).toMatchObject({ kind: 'result_missing' });
  });

  it('has every artifact listed with its size and sha256', async () => {
    const project = await projectFolder(
      scenarioFiles('001_sums', {
        metadata: 'test_execution: { result_paths: [out/] }',
        script: 'printf abc > out/abc; mkdir -p "out/deep er"; : > "out/deep er/.empty"',
      }),
    );
    expect((await project.playbook('run', 'sums')).exitCode).toBe(0);
    const { artifacts } = await project.result('sums');
    expect(artifacts).toEqual(
      expect.arrayContaining([
        {
          path: 'test_artifacts/out/abc',
          size: 3,
          sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
        },
        {
          path: 'test_artifacts/out/deep er/.empty',
          size: 0,
          sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
        },
      ]),
    );
  });

  it('has known secrets masked in its output', async () => {
    const project = await projectFolder({
      ...scenarioFiles('001_secret', {
        script: 'echo "the key is $API_KEY"',
        metadata: 'test_execution: { env: { API_KEY: "${MY_API_KEY}" } }',
      }),
      '.env': 'MY_API_KEY=sk-123456789\n',
    });
    const run = await project.playbook('run', 'secret');
    expect(run.exitCode).toBe(0);
    expect(await project.resultFile('secret/test_artifacts/test_stdout.log')).toBe(
      'the key is ***\n',
    );
    for (const file of await project.list('results')) {
      expect(await project.read(`results/${file}`), file).not.toContain('sk-123456789');
    }
    expect(run.stdout + run.stderr).not.toContain('sk-123456789');
  });
});
