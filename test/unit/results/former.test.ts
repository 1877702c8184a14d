import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { renderJson } from '../../../src/results/document.js';
import { buildInputs, documentInputs } from '../../../src/results/inputs/record.js';
import { createThrowawaySeal } from '../../../src/results/inputs/seal.js';
import { noteFormer } from '../../../src/results/continuation.js';
import { takeInventory } from '../../../src/results/inventory.js';
import { readRun } from '../../../src/results/read.js';
import { readFormerScenarios } from '../../../src/results/read/former.js';
import { nodeSpec, scenarioSpec } from '../../support/specs.js';
import { makeTempFolder } from '../../support/temp-folder.js';

const RUN = '20260601_190409';
const FIGURES = 'test_artifacts/out/figures.json';
const inputs = buildInputs(
  { scenario: scenarioSpec(), nodes: [nodeSpec()], batches: [], operations: [] },
  [],
  {
    seal: createThrowawaySeal(),
    holdsSecret: () => false,
    namesSecret: () => false,
    secretFiles: new Set(),
  },
);

/** A run with one scenario that completed, and its folder. */
async function completedRun() {
  const results = await makeTempFolder();
  const folder = path.join(results, RUN, 'a');
  await mkdir(path.join(folder, 'test_artifacts/out'), { recursive: true });
  const write = (file: string, content: string) => writeFile(path.join(folder, file), content);
  const sha256 = createHash('sha256').update('{}').digest('hex');
  await write(FIGURES, '{}');
  await write(
    'result_summary.json',
    JSON.stringify({
      run: '20260101_000000',
      status: 'completed',
      attempts: 2,
      duration_s: 1.5,
      metrics: [],
      artifacts: [{ path: FIGURES, size: 2, sha256 }],
    }),
  );
  for (const file of ['test_metadata.json', 'performance_results.csv', 'test_report.md']) {
    await write(file, '');
  }
  await write(
    'inputs.json',
    renderJson(documentInputs('a', '1', inputs), (text) => text),
  );
  const outcome = { name: 'a', status: 'completed', attempts: 2, duration_s: 1.5 };
  const summary = { run: RUN, status: 'failed', exit_code: 1, scenarios: [outcome] };
  await writeFile(path.join(results, RUN, 'suite_summary.json'), JSON.stringify(summary));
  return {
    folder,
    results,
    write,
    remove: (file: string) => rm(path.join(folder, file), { recursive: true }),
    read: async () => {
      const run = await readRun(results, RUN);
      if (!run) throw new Error('there is no run');
      const [scenario] = await readFormerScenarios(run);
      if (!scenario) throw new Error('it has no scenario');
      return scenario;
    },
  };
}

describe('a scenario of an earlier run', () => {
  it('that completed has its result, the run that measured it, and what it stood on', async () => {
    const { folder, read } = await completedRun();
    expect(await read()).toEqual({
      name: 'a',
      status: 'completed',
      failure: null,
      reason: null,
      damage: null,
      result: {
        path: folder,
        run: '20260101_000000',
        attempts: 2,
        duration_s: 1.5,
        metrics: [],
        inputs,
      },
    });
  });

  it('is that of the run before where a continuation never came to it, over several of them', async () => {
    const { folder, results } = await completedRun();
    const skipped = { name: 'a', status: 'skipped', attempts: 0, duration_s: 0, reason: 'stopped' };
    const failed = { name: 'b', status: 'failed', attempts: 1, duration_s: 1 };
    let former = RUN;
    for (const run of ['20260601_200000', '20260601_210000']) {
      const summary = { run, status: 'interrupted', exit_code: null, scenarios: [skipped, failed] };
      await mkdir(path.join(results, run));
      await writeFile(path.join(results, run, 'suite_summary.json'), JSON.stringify(summary));
      await noteFormer(path.join(results, run), former);
      former = run;
    }
    const last = await readRun(results, former);
    if (!last) throw new Error('there is no run');
    const scenarios = await readFormerScenarios(last);
    expect(scenarios).toMatchObject([
      { name: 'a', status: 'completed', result: { path: folder, run: '20260101_000000' } },
      { name: 'b', status: 'failed', result: null },
    ]);
    // The runs between may be deleted, and so may that which measured.
    await rm(path.join(results, RUN), { recursive: true });
    expect(await readFormerScenarios(last)).toMatchObject([
      { name: 'a', status: 'skipped', reason: 'stopped', result: null },
      { name: 'b', status: 'failed' },
    ]);
  });

  it.each([
    [FIGURES, `${FIGURES} is missing`],
    ['test_artifacts', `${FIGURES} is missing`],
    ['result_summary.json', 'result_summary.json is missing or cannot be read'],
    ['test_metadata.json', 'test_metadata.json is missing'],
    ['test_report.md', 'test_report.md is missing'],
    ['', 'result_summary.json is missing or cannot be read'],
  ])('is damaged without %j', async (file, damage) => {
    const { read, remove } = await completedRun();
    await remove(file);
    expect(await read()).toMatchObject({ result: null, damage });
  });

  it.each([
    [FIGURES, '[]', 'its sha256 differs'],
    ['result_summary.json', '{"run":"2026', 'cannot be read'],
    ['result_summary.json', '{"run":"1","duration_s":1,"status":"failed"}', 'says failed'],
  ])('is damaged where %s is %j', async (file, content, damage) => {
    const { read, write } = await completedRun();
    await write(file, content);
    const scenario = await read();
    expect(scenario.result).toBeNull();
    expect(scenario.damage).toContain(damage);
  });

  it('is not damaged by two names that are no UTF-8 and look the same', async () => {
    const { read, write, folder } = await completedRun();
    for (const [byte, content] of [
      [0xff, 'one'],
      [0xfe, 'two'],
    ] as const) {
      const name = Buffer.concat([Buffer.from(`${folder}/test_artifacts/`), Buffer.from([byte])]);
      await writeFile(name, content);
    }
    const inventory = await takeInventory(folder);
    if (!inventory.ok) throw new Error(inventory.failure.message);
    const summary = { run: RUN, status: 'completed', attempts: 1, duration_s: 1, metrics: [] };
    await write('result_summary.json', JSON.stringify({ ...summary, artifacts: inventory.value }));
    expect(await read()).toMatchObject({ damage: null });
  });

  it('has no inputs where they are missing or torn', async () => {
    const { read, write, remove } = await completedRun();
    await write('inputs.json', '{"format":1,');
    expect((await read()).result?.inputs).toBeNull();
    await remove('inputs.json');
    expect((await read()).result?.inputs).toBeNull();
  });
});
