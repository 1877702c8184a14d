import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { temporaryName } from '../../../src/results/files/atomic-file.js';
import { concludeInterrupted } from '../../../src/results/interrupted.js';
import { readRuns } from '../../../src/results/read.js';
import { makeTempFolder } from '../../support/temp-folder.js';

const noMask = (text: string) => text;
const EVENTS = [
  '{"at":"2026-06-01T19:04:11.000Z","type":"suite_started","scenarios":[{"name":"a"},{"name":"b"},{"name":"c"}]}',
  '{"at":"2026-06-01T19:04:12.000Z","type":"scenario_started","scenario":"a"}',
  '{"at":"2026-06-01T19:04:20.000Z","type":"scenario_finished","scenario":"a","status":"completed","duration_s":8}',
  '{"at":"2026-06-01T19:04:21.000Z","type":"scenario_started","scenario":"b"}',
  '{"at":"2026-06-01T19:04:22.000Z","type":"warning","scenario":"b","message":"the clock jumped"}',
  '{"at":"2026-06-01T19:04:25.000Z","type":"phase_st',
].join('\n');

describe('a run that died', () => {
  it('gets the summary that its traces tell, and loses the files that it was writing', async () => {
    const root = await makeTempFolder();
    const run = path.join(root, '20260601_190411');
    await mkdir(path.join(run, 'b', 'test_artifacts'), { recursive: true });
    await writeFile(path.join(run, 'events.ndjson'), EVENTS);
    const temporary = '.test_report.md.3f0e3c52-8d5c-4f1e-9d0a-0a4b3c2d1e0f.tmp';
    await writeFile(path.join(run, 'b', temporary), 'half');
    const host = hostname().replaceAll(/[^A-Za-z0-9._-]/g, '-');
    await writeFile(path.join(run, 'b', 'test_artifacts', `.out.${host}.4711-k2j3h4.part`), 'half');
    await writeFile(path.join(run, 'b', 'test_artifacts', 'whole.part'), 'theirs');
    const logs = path.join(run, 'b', 'nodes', 'node1', 'services');
    await mkdir(logs, { recursive: true });
    await writeFile(path.join(logs, 'engine.log'), 'whole');
    await writeFile(path.join(logs, 'router.log.part'), 'half');

    const concluded = await concludeInterrupted(root, () => false, noMask);
    expect(concluded).toEqual({ runs: ['20260601_190411'], failures: [] });
    expect(JSON.parse(await readFile(path.join(run, 'suite_summary.json'), 'utf8'))).toMatchObject({
      run: '20260601_190411',
      status: 'interrupted',
      exit_code: null,
      started_at: '2026-06-01T19:04:11.000Z',
      scenarios: [
        { name: 'a', status: 'completed', duration_s: 8 },
        { name: 'b', status: 'interrupted' },
        { name: 'c', status: 'skipped' },
      ],
      warnings: [
        { message: 'the clock jumped', scenario: 'b', node: null, service: null, times: 1 },
      ],
    });
    expect((await readdir(path.join(run, 'b'))).sort()).toEqual(['nodes', 'test_artifacts']);
    expect(await readdir(logs)).toEqual(['engine.log']);
    expect(await readdir(path.join(run, 'b', 'test_artifacts'))).toEqual(['whole.part']);
    expect(await readRuns(root)).toMatchObject([{ status: 'interrupted' }]);
    expect((await concludeInterrupted(root, () => false, noMask)).runs).toEqual([]);
  });

  it('is told from one that somebody is at, and from one that came to its end', async () => {
    const root = await makeTempFolder();
    await mkdir(path.join(root, '20260601_190411'));
    await mkdir(path.join(root, '20260601_190412'));
    await mkdir(path.join(root, 'notes'));
    await writeFile(path.join(root, '20260601_190412', 'suite_summary.json'), '{}');
    const isAlive = (run: string) => run === '20260601_190411';
    expect((await concludeInterrupted(root, isAlive, noMask)).runs).toEqual([]);
    expect(await readdir(path.join(root, '20260601_190411'))).toEqual([]);
  });

  it('after it had written its summary leaves no room for another one', async () => {
    const root = await makeTempFolder();
    const run = path.join(root, '20260601_190411');
    await mkdir(run);
    await writeFile(path.join(run, 'suite_summary.json'), '{}');
    await writeFile(temporaryName(path.join(run, 'suite_summary.json')), '\n');
    expect((await concludeInterrupted(root, () => true, noMask)).runs).toEqual([]);
    expect(await readdir(run)).toHaveLength(2);
    expect((await concludeInterrupted(root, () => false, noMask)).runs).toEqual([]);
    expect(await readdir(run)).toEqual(['suite_summary.json']);
  });
});
