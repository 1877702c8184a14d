import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { StampedEvent } from '../../../src/model/event.js';
import { noteContinuation, noteFormer } from '../../../src/results/continuation.js';
import { readRun, readRuns } from '../../../src/results/read.js';
import { makeTempFolder } from '../../support/temp-folder.js';
import {
  at,
  failureRecord,
  measuredPoint,
  outcome,
  scenarioFinished,
  scenarioStarted,
  suiteStarted,
} from '../report/samples.js';

async function makeResults(
  runs: Readonly<Record<string, Readonly<Record<string, string>>>>,
): Promise<string> {
  const results = await makeTempFolder();
  for (const [run, files] of Object.entries(runs)) {
    await mkdir(path.join(results, run), { recursive: true });
    for (const [name, content] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(results, run, name)), { recursive: true });
      await writeFile(path.join(results, run, name), content);
    }
  }
  return results;
}

const summary = JSON.stringify({
  run: '20260601_190409',
  status: 'failed',
  exit_code: 1,
  started_at: '2026-06-01T19:04:09.000Z',
  ended_at: '2026-06-01T19:07:14.500Z',
  scenarios: [outcome('a'), outcome('b', { status: 'failed', failure: failureRecord() })],
});

function ndjson(events: readonly StampedEvent[]): string {
  return events.map((event) => `${JSON.stringify(event)}\n`).join('');
}

describe('the list of runs', () => {
  it('has the newest first, with how they went', async () => {
    const results = await makeResults({
      '20260601_190409': { 'suite_summary.json': summary },
      '20260601_190409-10': {},
      '20260601_190409-2': {},
      '20251231_235959': {},
    });
    const runs = await readRuns(results);
    expect(runs.map(({ run }) => run)).toEqual([
      '20260601_190409-10',
      '20260601_190409-2',
      '20260601_190409',
      '20251231_235959',
    ]);
    expect(runs[2]).toEqual({
      run: '20260601_190409',
      status: 'failed',
      exit_code: 1,
      started_at: '2026-06-01T19:04:09.000Z',
      duration_s: 185.5,
      resumed_from: null,
      resumed_by: null,
      scenarios: [
        { name: 'a', status: 'completed', duration_s: 68.2, kept_from: null },
        { name: 'b', status: 'failed', duration_s: 68.2, kept_from: null },
      ],
    });
  });

  it('is empty where there are no results yet', async () => {
    expect(await readRuns(path.join(await makeTempFolder(), 'results'))).toEqual([]);
  });

  it('passes over what is no run', async () => {
    const results = await makeResults({ '20260601_190409': {}, backup: {}, '20260601': {} });
    await writeFile(path.join(results, '20260601_200000'), 'a file');
    await symlink('20260601_190409', path.join(results, 'latest'));
    expect((await readRuns(results)).map(({ run }) => run)).toEqual(['20260601_190409']);
  });

  it('tells of a run that died as far as its events go', async () => {
    const events = ndjson([
      at(0, suiteStarted('a', 'b', 'c')),
      at(1, scenarioStarted('a')),
      at(60, scenarioFinished('a')),
      at(61, scenarioStarted('b')),
      at(90, {
        type: 'script_output',
        scenario: 'b',
        stream: 'stdout',
        text: '"type":"suite_started"\n',
      }),
    ]);
    const results = await makeResults({
      '20260601_190409': {
        'events.ndjson': `${events}{"at":"2026-06-01T19:09:09.000Z","type":"scenario_fin`,
      },
    });
    expect(await readRuns(results)).toEqual([
      {
        run: '20260601_190409',
        status: 'interrupted',
        exit_code: null,
        started_at: '2026-06-01T19:04:09.000Z',
        duration_s: 300,
        resumed_from: null,
        resumed_by: null,
        scenarios: [
          { name: 'a', status: 'completed', duration_s: 68.2, kept_from: null },
          { name: 'b', status: 'interrupted', duration_s: null, kept_from: null },
          { name: 'c', status: 'skipped', duration_s: null, kept_from: null },
        ],
      },
    ]);
  });

  it('tells which run continues which, and what is kept, also of one that died', async () => {
    const former = '20260601_190409';
    const next = '20260601_200000';
    const kept = { ...scenarioFinished('a'), kept_from: former };
    const events = ndjson([at(0, suiteStarted('a', 'b')), at(1, kept)]);
    const results = await makeResults({
      [former]: { 'suite_summary.json': summary },
      [next]: { 'events.ndjson': events },
    });
    expect(await noteFormer(path.join(results, next), former)).toMatchObject({ ok: true });
    expect(await noteContinuation(path.join(results, former), next)).toMatchObject({ ok: true });
    expect(await readRuns(results)).toMatchObject([
      {
        run: next,
        resumed_from: former,
        resumed_by: null,
        scenarios: [{ kept_from: former }, { kept_from: null }],
      },
      { run: former, resumed_from: null, resumed_by: next },
    ]);
  });

  it('tells of a run that died before its first event by its folders', async () => {
    const results = await makeResults({ '20260601_190409': { 'a/test_artifacts/x': '' } });
    expect(await readRuns(results)).toMatchObject([
      {
        status: 'interrupted',
        started_at: null,
        duration_s: null,
        scenarios: [{ name: 'a', status: 'interrupted' }],
      },
    ]);
  });

  it('takes what lies there of another run for kept, also where the run died before it had told that', async () => {
    const former = '20260601_190409';
    const kept = (run: string) =>
      JSON.stringify({ run, status: 'completed', duration_s: 68.2, attempts: 1, metrics: [] });
    const results = await makeResults({
      '20260601_200000': {
        'events.ndjson': ndjson([at(0, suiteStarted('a', 'b', 'c'))]),
        'a/result_summary.json': kept(former),
        'a/test_artifacts/x': '',
        'b/result_summary.json': kept('20260601_200000'),
        'b/test_artifacts/x': '',
      },
    });
    expect((await readRuns(results))[0]?.scenarios).toEqual([
      { name: 'a', status: 'completed', duration_s: 68.2, kept_from: former },
      { name: 'b', status: 'interrupted', duration_s: null, kept_from: null },
      { name: 'c', status: 'skipped', duration_s: null, kept_from: null },
    ]);
  });

  it('has no scenario for what the hooks of a run that died have printed', async () => {
    const results = await makeResults({
      '20260601_190409': {
        'events.ndjson': ndjson([at(0, suiteStarted('a'))]),
        'hooks/before_suite.controller.log': 'ready\n',
        'a/attempts/1/inputs.json': '{}',
      },
    });
    expect((await readRuns(results))[0]?.scenarios).toMatchObject([
      { name: 'a', status: 'interrupted' },
    ]);
  });

  it('says that a run is under way where somebody is at it', async () => {
    const results = await makeResults({
      '20260601_190409': {
        'events.ndjson': ndjson([at(0, suiteStarted('a', 'b')), at(1, scenarioStarted('a'))]),
      },
      '20260601_190410': { 'suite_summary.json': summary },
    });
    const runs = await readRuns(results, () => true);
    expect(runs.map(({ status }) => status)).toEqual(['failed', 'running']);
    expect(runs[1]?.scenarios.map(({ status }) => status)).toEqual(['running', 'skipped']);
  });

  it('survives whatever its files hold', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.json(), fc.string(), fc.constant(summary.slice(0, 80))),
        async (content) => {
          const results = await makeTempFolder();
          await mkdir(path.join(results, '20260601_190409', 'a'), { recursive: true });
          for (const file of ['suite_summary.json', 'events.ndjson', 'a/result_summary.json']) {
            await writeFile(path.join(results, '20260601_190409', file), content);
          }
          const [run] = await readRuns(results);
          expect(run?.run).toBe('20260601_190409');
          expect(await readRun(results, 'latest')).not.toBeNull();
        },
      ),
      { numRuns: 50 },
    );
  });

  it('survives folders where files should be', async () => {
    const results = await makeResults({
      '20260601_190409': { 'suite_summary.json/x': '', 'events.ndjson/x': '' },
    });
    expect(await readRuns(results)).toMatchObject([{ status: 'interrupted' }]);
  });
});

describe('one run', () => {
  it('has all that its files tell', async () => {
    const results = await makeResults({
      '20260601_190409': {
        'suite_summary.json': summary,
        'a/result_summary.json': JSON.stringify({
          attempts: 2,
          metrics: [measuredPoint(8)],
          failure: null,
        }),
      },
    });
    expect(await readRun(results, '20260601_190409')).toEqual({
      run: '20260601_190409',
      status: 'failed',
      exit_code: 1,
      started_at: '2026-06-01T19:04:09.000Z',
      duration_s: 185.5,
      resumed_from: null,
      resumed_by: null,
      results_path: path.join(results, '20260601_190409'),
      scenarios: [
        { ...outcome('a'), attempts: 2, kept_from: null, metrics: [measuredPoint(8)] },
        {
          ...outcome('b', { status: 'failed', failure: failureRecord() }),
          kept_from: null,
          metrics: [],
        },
      ],
      failure: null,
      warnings: [],
    });
  });

  it('has what went wrong with the run itself, and its warnings', async () => {
    const failure = failureRecord({ kind: 'hook_failed' });
    const warning = {
      message: 'the clock jumped',
      scenario: 'a',
      node: 'node1',
      service: null,
      times: 2,
    };
    const results = await makeResults({
      '20260601_190409': {
        'suite_summary.json': JSON.stringify({
          status: 'failed',
          failure,
          scenarios: [],
          warnings: [warning, 'none'],
        }),
      },
    });
    expect(await readRun(results, 'latest')).toMatchObject({ failure, warnings: [warning] });
  });

  it.each([
    ['latest', '20260602_080000'],
    ['20260601_190409', '20260601_190409'],
    ['20260602', '20260602_080000'],
    ['20260601', null],
    ['2027', null],
    ['', null],
    ['../20260601_190409', null],
  ])('named %j is %s', async (name, expected) => {
    const results = await makeResults({
      '20260601_190409': {},
      '20260601_190409-2': {},
      '20260602_080000': {},
    });
    expect((await readRun(results, name))?.run ?? null).toBe(expected);
  });
});
