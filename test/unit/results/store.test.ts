import {
  lstat,
  mkdir,
  readFile,
  readdir,
  readlink,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import type { Outcome } from '../../../src/model/failure.js';
import {
  compareRunIds,
  isRunId,
  serviceLogPath,
  systemFolderPath,
} from '../../../src/results/layout.js';
import { createRun } from '../../../src/results/store.js';
import { makeTempFolder } from '../../support/temp-folder.js';

const STARTED = new Date(2026, 5, 1, 9, 4, 9);

function valueOf<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(outcome.failure.message);
  return outcome.value;
}

describe('the folder of a run', () => {
  it('is named after the local time of its start, and latest points to it', async () => {
    const results = path.join(await makeTempFolder(), 'results');
    const { folder, warnings } = valueOf(await createRun(results, STARTED));
    expect(folder.id).toBe('20260601_090409');
    expect(folder.path).toBe(path.join(results, '20260601_090409'));
    expect(warnings).toEqual([]);
    expect(await readlink(path.join(results, 'latest'))).toBe('20260601_090409');
  });

  it('gets a number where the name is taken, also by runs that start at the same time', async () => {
    const results = await makeTempFolder();
    const runs = await Promise.all([1, 2, 3, 4].map(() => createRun(results, STARTED)));
    const ids = runs.map((run) => valueOf(run).folder.id).sort(compareRunIds);
    expect(ids).toEqual([
      '20260601_090409',
      '20260601_090409-2',
      '20260601_090409-3',
      '20260601_090409-4',
    ]);
    expect(ids).toContain(await readlink(path.join(results, 'latest')));
    expect((await readdir(results)).sort()).toEqual([...ids, 'latest']);
  });

  it('replaces the older latest', async () => {
    const results = await makeTempFolder();
    await symlink('somewhere', path.join(results, 'latest'));
    await createRun(results, STARTED);
    expect(await readlink(path.join(results, 'latest'))).toBe('20260601_090409');
  });

  it('gives latest back to the run that had it, where that is still there', async () => {
    const results = await makeTempFolder();
    const first = valueOf(await createRun(results, STARTED));
    expect(await first.folder.yieldLatest()).toEqual([]);
    expect(await readlink(path.join(results, 'latest'))).toBe('20260601_090409');
    const second = valueOf(await createRun(results, STARTED));
    expect(await readlink(path.join(results, 'latest'))).toBe('20260601_090409-2');
    await second.folder.yieldLatest();
    expect(await readlink(path.join(results, 'latest'))).toBe('20260601_090409');
    const third = valueOf(await createRun(results, STARTED));
    await rm(first.folder.path, { recursive: true });
    await third.folder.yieldLatest();
    expect(await readlink(path.join(results, 'latest'))).toBe('20260601_090409-3');
  });

  it('is made with a warning where latest cannot be a link', async () => {
    const results = await makeTempFolder();
    await mkdir(path.join(results, 'latest'));
    await writeFile(path.join(results, 'latest', 'mine'), '');
    const { warnings } = valueOf(await createRun(results, STARTED));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('latest');
    expect((await lstat(path.join(results, 'latest'))).isDirectory()).toBe(true);
    expect((await readdir(results)).sort()).toEqual(['20260601_090409', 'latest']);
  });

  it('that cannot be made is a failure that names the path', async () => {
    const parent = await makeTempFolder();
    await writeFile(path.join(parent, 'results'), 'a file');
    const created = await createRun(path.join(parent, 'results'), STARTED);
    expect(created).toMatchObject({ ok: false, failure: { kind: 'transfer' } });
    if (!created.ok) expect(created.failure.message).toContain(path.join(parent, 'results'));
  });

  it('holds files of its own', async () => {
    const { folder } = valueOf(await createRun(await makeTempFolder(), STARTED));
    valueOf(await folder.write('suite_summary.json', '{}'));
    expect(await readFile(path.join(folder.path, 'suite_summary.json'), 'utf8')).toBe('{}');
  });
});

describe('the folder of a scenario', () => {
  it('has a place for artifacts from the start', async () => {
    const { folder } = valueOf(await createRun(await makeTempFolder(), STARTED));
    const scenario = valueOf(await folder.scenarioFolder('baseline'));
    expect(scenario.path).toBe(path.join(folder.path, 'baseline'));
    expect(await readdir(scenario.path)).toEqual(['test_artifacts']);
    expect(scenario.artifacts).toBe(path.join(scenario.path, 'test_artifacts'));
  });

  it('keeps earlier attempts, each in a folder of its own', async () => {
    const { folder } = valueOf(await createRun(await makeTempFolder(), STARTED));
    const scenario = valueOf(await folder.scenarioFolder('baseline'));
    for (const attempt of [1, 2]) {
      await writeFile(path.join(scenario.artifacts, 'out.json'), `attempt ${attempt}`);
      valueOf(await scenario.write('result_summary.json', `attempt ${attempt}`));
      valueOf(await scenario.setAside(attempt));
      expect((await readdir(scenario.path)).sort()).toEqual(['attempts', 'test_artifacts']);
      expect(await readdir(scenario.artifacts)).toEqual([]);
    }
    const kept = (attempt: number, file: string) =>
      readFile(path.join(scenario.path, 'attempts', String(attempt), file), 'utf8');
    expect(await kept(1, 'test_artifacts/out.json')).toBe('attempt 1');
    expect(await kept(2, 'test_artifacts/out.json')).toBe('attempt 2');
    expect(await kept(2, 'result_summary.json')).toBe('attempt 2');
  });

  it('says where logs of services and systems lie', () => {
    expect(serviceLogPath('/r/a', 'node1', 'p-1@node1')).toBe(
      '/r/a/nodes/node1/services/p-1@node1.log',
    );
    expect(systemFolderPath('/r/a', 'node1')).toBe('/r/a/nodes/node1/system');
  });
});

describe('names of runs', () => {
  it('are told from others', () => {
    expect(['20260601_090409', '20260601_090409-2'].every(isRunId)).toBe(true);
    expect(
      ['latest', '20260601', '20260601_090409-', '20260601_090409.bak', 'x20260601_090409'].some(
        isRunId,
      ),
    ).toBe(false);
  });

  it('are ordered by time, then by number', () => {
    const ids = ['20260601_090409-10', '20260601_090409', '20260531_235959', '20260601_090409-2'];
    expect(ids.sort(compareRunIds)).toEqual([
      '20260531_235959',
      '20260601_090409',
      '20260601_090409-2',
      '20260601_090409-10',
    ]);
  });
});
