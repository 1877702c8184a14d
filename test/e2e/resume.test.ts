import { cp, mkdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import type { ScenarioFinished, SuiteResumed } from '../../src/model/event.js';
import { isTemporaryName } from '../../src/results/files/atomic-file.js';
import {
  type Files,
  type ProjectFolder,
  projectFolder,
  scenarioFiles,
} from '../support/project-folder.js';

/** From a script's working folder. */
const ROOT = '"$SCENARIO_PATH"/../../../..';

/** A scenario that notes that it ran, and whose result is never the same twice. */
function measuring(directory: string, then = 'true', metadata = ''): Files {
  return scenarioFiles(directory, {
    metadata: `test_execution: { result_paths: [out/]${metadata} }`,
    script: `echo "$SCENARIO_NAME" >> ${ROOT}/ran\ndate +%s%N > out/figure\n${then}`,
    more: { 'data.txt': 'one\n' },
  });
}

async function ranSince(project: ProjectFolder): Promise<readonly string[]> {
  const names = (await project.read('ran').catch(() => '')).trimEnd().split('\n');
  await rm(path.join(project.root, 'ran'), { force: true });
  return names;
}

/** What a run says of the one that it continues. */
async function resumed(project: ProjectFolder): Promise<SuiteResumed> {
  const found = (await project.events()).find((event) => event.type === 'suite_resumed');
  if (found?.type !== 'suite_resumed') throw new Error('nothing was continued');
  return found;
}

async function newestRun(project: ProjectFolder): Promise<string> {
  const listed = await project.playbook('results', '--format', 'json');
  const [run] = JSON.parse(listed.stdout) as { run: string }[];
  if (!run) throw new Error('there is no run');
  return run.run;
}

describe('a run that is continued', () => {
  it('keeps what completed, byte for byte, and runs what failed or was cut off by SIGKILL', async () => {
    const project = await projectFolder({
      ...measuring('001_one'),
      ...measuring('002_two', `test ! -e ${ROOT}/broken`),
      ...measuring('003_three'),
      ...measuring('004_four', `test -e ${ROOT}/quick || { echo waiting; sleep 60; }`),
      broken: '',
    });
    const killed = project.start(['run', '--all', '--reporter', 'json']);
    await killed.event((event) => event.type === 'script_output' && event.scenario === 'four');
    killed.child.kill('SIGKILL');
    await killed.finished;
    await ranSince(project);
    const former = await newestRun(project);
    const before = await contents(project, former);

    await project.write({ quick: '' });
    const dry = await project.playbook('run', '--resume', '--dry-run');
    expect(dry.exitCode, dry.stderr).toBe(0);
    expect(dry.stdout).toContain(`continues run ${former}: 2 scenarios kept, 2 to run`);
    expect(dry.stdout).toContain('two runs: it failed: run_test.sh exited with status 1');
    expect(dry.stdout).toContain('four runs: it was cut off');
    expect(dry.stdout).not.toContain('001_one');
    expect(await newestRun(project)).toBe(former);

    await rm(path.join(project.root, 'broken'));
    const run = await project.playbook('run', '--resume');
    expect(run.exitCode, run.stderr).toBe(0);
    expect(await ranSince(project)).toEqual(['two', 'four']);
    expect(run.stderr).toContain('one is kept: nothing that it stands on has changed');
    expect(run.stderr).toContain('four runs: it was cut off');

    const suite = await project.suite();
    expect(suite).toMatchObject({ status: 'completed', exit_code: 0, resumed_from: former });
    const { scenarios } = suite;
    expect(scenarios.map(({ name, status, kept_from }) => [name, status, kept_from])).toEqual([
      ['one', 'completed', former],
      ['two', 'completed', undefined],
      ['three', 'completed', former],
      ['four', 'completed', undefined],
    ]);
    const now = await contents(project, suite.run);
    for (const [file, text] of before) {
      if (/^(one|three)\//.test(file)) expect(now.get(file), file).toBe(text);
    }
    const finished = (await project.events()).filter(
      (event): event is typeof event & ScenarioFinished => event.type === 'scenario_finished',
    );
    expect(finished.map(({ scenario }) => scenario)).toEqual(['one', 'three', 'two', 'four']);
    expect(await project.resultFile('test_report.md')).toContain(`kept from run ${former}`);

    // The former run tells who continues it, and is otherwise as it was.
    const after = await contents(project, former);
    expect(JSON.parse(after.get('resumed_by.json') ?? '')).toEqual({ run: suite.run });
    for (const [file, text] of before) expect(after.get(file), file).toBe(text);
    const kept = 'one/test_artifacts/out/figure';
    const inode = async (run: string) =>
      (await stat(path.join(project.root, 'results', run, kept))).ino;
    expect(await inode(suite.run)).toBe(await inode(former));

    const listed = await project.playbook('results', '--format', 'json');
    expect(JSON.parse(listed.stdout)).toMatchObject([
      { run: suite.run, resumed_from: former, scenarios: [{ kept_from: former }, {}, {}, {}] },
      { run: former, status: 'interrupted', resumed_by: suite.run },
    ]);
    expect((await project.playbook('results')).stdout).toContain('4 completed (2 kept)');
    expect((await project.playbook('results', former)).stdout).toContain(
      `continued by run ${suite.run}`,
    );

    const nothing = await project.playbook('run', '--resume');
    expect(nothing.exitCode).toBe(0);
    expect(nothing.stderr).toContain('there is nothing to continue');
    expect(await newestRun(project)).toBe(suite.run);
  }, 60_000);

  it('runs again what does not stand on the same any more, and says why, over a chain of continuations', async () => {
    const own = ', timeout: 50';
    const project = await projectFolder({
      'config/defaults.yaml': 'test_execution:\n  timeout: 60\n',
      ...measuring('001_file', 'true', own),
      ...measuring('002_default'),
      ...measuring('003_damaged', 'true', own),
      ...measuring('004_same', 'true', own),
      ...measuring('005_secret', 'true', `${own}, env: { API_TOKEN: "\${TOKEN}" }`),
      ...measuring('006_last', `test -e ${ROOT}/quick || { echo waiting; sleep 60; }`, own),
      ...measuring('007_gone', 'true', own),
      '.env': 'TOKEN=sesame-open\n',
    });
    const stopped = project.start(['run', '--all', '--reporter', 'json']);
    await stopped.event((event) => event.type === 'script_output' && event.scenario === 'last');
    stopped.child.kill('SIGINT');
    expect((await stopped.finished).exitCode).toBe(130);
    const first = (await project.suite()).run;
    await ranSince(project);

    await project.write({
      'config/defaults.yaml': '# more time\ntest_execution:\n  timeout: 90\n',
      'scenarios/001_file/data.txt': 'two\n',
      'scenarios/004_same/metadata.yaml': `${await project.read('scenarios/004_same/metadata.yaml')}\ndescription: other words\n`,
      '.env': 'TOKEN=sesame-close\n',
      [`results/${first}/damaged/test_artifacts/out/figure`]: '1\n',
    });
    await rm(path.join(project.root, 'scenarios/007_gone'), { recursive: true });
    const second = project.start(['run', '--resume', first.slice(0, -1), '--reporter', 'json']);
    await second.event((event) => event.type === 'script_output' && event.scenario === 'last');
    second.child.kill('SIGKILL');
    const { stdout } = await second.finished;
    expect(stdout).not.toContain('sesame');
    expect(await ranSince(project)).toEqual(['file', 'default', 'damaged', 'secret', 'last']);
    const said = await resumed(project);
    expect(said.kept).toEqual([{ scenario: 'same', kept_from: first }]);
    expect(said.rerun).toEqual([
      { scenario: 'file', reasons: ['data.txt changed'] },
      {
        scenario: 'default',
        reasons: ['test_execution.timeout changed from 60 to 90 (config/defaults.yaml:3)'],
      },
      {
        scenario: 'damaged',
        reasons: [expect.stringMatching(/damaged: test_artifacts\/out\/figure .* sha256 differs/)],
      },
      {
        scenario: 'secret',
        reasons: [expect.stringMatching(/API_TOKEN, a secret, changed \(.*metadata.yaml:2\)/)],
      },
      { scenario: 'last', reasons: ['it was stopped by a signal'] },
    ]);
    expect(said.left_out).toEqual([
      { scenario: 'gone', reason: 'the project does not have it any more' },
    ]);
    const secondRun = await newestRun(project);

    await project.write({ quick: '' });
    const third = await project.playbook('run', '--resume');
    expect(third.exitCode, third.stderr).toBe(0);
    expect(await ranSince(project)).toEqual(['last']);
    expect(await resumed(project)).toMatchObject({ resumed_from: secondRun, left_out: [] });
    const { scenarios } = await project.suite();
    expect(scenarios.map(({ name, kept_from }) => [name, kept_from])).toEqual([
      ['file', secondRun],
      ['default', secondRun],
      ['damaged', secondRun],
      ['same', first],
      ['secret', secondRun],
      ['last', undefined],
    ]);
  }, 60_000);

  it('loses no scenario when a continuation is killed while it takes results over', async () => {
    const project = await projectFolder({
      ...measuring('001_one'),
      ...measuring('002_two', `test ! -e ${ROOT}/broken`),
      ...measuring('003_three'),
      broken: '',
    });
    expect((await project.playbook('run', '--all')).exitCode).toBe(1);
    const { run: former } = await project.suite();
    const started = (await project.events()).find(({ type }) => type === 'suite_started');
    await ranSince(project);
    const at = (run: string, file: string) => path.join(project.root, 'results', run, file);
    const keep = (run: string, scenario: string) =>
      cp(at(former, scenario), at(run, scenario), { recursive: true });

    // Killed before it said what it was about to do.
    const silent = '20990101_000000';
    await mkdir(at(silent, ''));
    await project.write({ [`results/${silent}/events.ndjson`]: '' });
    await keep(silent, 'one');
    const skipped = await project.playbook('run', '--resume', '--dry-run');
    expect(skipped.stdout).toContain(`continues run ${former}: 2 scenarios kept, 1 to run`);
    const named = await project.playbook('run', '--resume', silent);
    expect(named.exitCode).toBe(2);
    expect(named.stderr).toContain('nothing is left of run');

    // Killed after that, with one result in place and one on its way.
    const begun = '20990101_000001';
    await mkdir(at(begun, ''));
    const event = JSON.stringify({ ...started, run: begun });
    await project.write({
      [`results/${begun}/resumed_from.json`]: JSON.stringify({ run: former }),
      [`results/${begun}/events.ndjson`]: `${event}\n`,
    });
    await keep(begun, 'one');
    await rm(path.join(project.root, 'broken'));
    const run = await project.playbook('run', '--resume');
    expect(run.exitCode, run.stderr).toBe(0);
    expect(run.stderr).toContain(`continues run ${begun}: 2 scenarios kept, 1 to run`);
    expect(await ranSince(project)).toEqual(['two']);
    const { scenarios } = await project.suite();
    expect(scenarios.map(({ name, status, kept_from }) => [name, status, kept_from])).toEqual([
      ['one', 'completed', former],
      ['two', 'completed', undefined],
      ['three', 'completed', former],
    ]);
  }, 60_000);

  it('may be waited for: what it completes meanwhile is kept', async () => {
    const project = await projectFolder({
      ...measuring('001_slow', `echo waiting; until test -e ${ROOT}/quick; do sleep 0.1; done`),
      ...measuring('002_next', 'exit 3'),
    });
    const slow = project.start(['run', '--all', '--reporter', 'json']);
    await slow.event((event) => event.type === 'script_output');
    const former = await newestRun(project);
    const args = ['run', '--resume', '--wait-lock', '60s', '--reporter', 'json'];
    const waiting = project.start(args);
    await waiting.event((event) => event.type === 'waiting');
    await project.write({ quick: '' });
    expect((await slow.finished).exitCode).toBe(1);
    expect((await waiting.finished).exitCode).toBe(1);
    expect(await ranSince(project)).toEqual(['slow', 'next', 'next']);
    expect(await resumed(project)).toMatchObject({
      resumed_from: former,
      kept: [{ scenario: 'slow', kept_from: former }],
      rerun: [{ scenario: 'next', reasons: ['it failed: run_test.sh exited with status 3'] }],
    });
  }, 60_000);

  it('is refused where nobody can say what is meant, and while it is still under way', async () => {
    const project = await projectFolder(measuring('001_slow', 'sleep 60'));
    const empty = await project.playbook('run', '--resume');
    expect(empty).toMatchObject({ exitCode: 0 });
    expect(empty.stderr).toContain('there is nothing to continue: there is no run yet');

    const slow = project.start(['run', 'slow', '--reporter', 'json']);
    await slow.event((event) => event.type === 'script_started');
    const run = await newestRun(project);
    const busy = await project.playbook('run', '--resume');
    expect(busy.exitCode).toBe(5);
    expect(busy.stderr).toContain(run);
    slow.child.kill('SIGINT');
    await slow.finished;

    const unknown = await project.playbook('run', '--resume', `${run}9`);
    expect(unknown.exitCode).toBe(2);
    expect(unknown.stderr).toContain(`did you mean \`${run}\`?`);
    for (const more of [['slow'], ['--all'], ['--tags', 'nightly']]) {
      const mixed = await project.playbook('run', '--resume', run, ...more);
      expect(mixed.exitCode, more.join(' ')).toBe(2);
      expect(mixed.stderr).toContain('--resume runs what the earlier run had');
    }
    await project.write(measuring('001_slow', 'true', ', timeout: nonsense'));
    const broken = await project.playbook('run', '--resume');
    expect(broken.exitCode).toBe(2);
    expect(broken.stderr).toContain('nonsense');
    await project.write({ 'scenarios/001_slow/metadata.yaml': 'name: slow\nenabled: false\n' });
    const disabled = await project.playbook('run', '--resume');
    expect(disabled.exitCode).toBe(2);
    expect(disabled.stderr).toContain('slow: it is disabled now');
  }, 60_000);
});

/** Every file of a run, by its path, as it is on the disk. */
/** All that has its name; what was being written, and room for more, goes when the run is known to be dead. */
async function contents(project: ProjectFolder, run: string): Promise<Map<string, string>> {
  const all = await project.list(`results/${run}`);
  const files = all.filter((file) => !isTemporaryName(path.basename(file)));
  return new Map(
    await Promise.all(
      files.map(async (file) => [file, await project.read(`results/${run}/${file}`)] as const),
    ),
  );
}
