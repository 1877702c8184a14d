import { describe, expect, it } from 'vitest';

import { loadProject, planSuite } from '../../../../src/library/index.js';
import type { Inputs } from '../../../../src/results/inputs/record.js';
import { createThrowawaySeal } from '../../../../src/results/inputs/seal.js';
import { compareInputs } from '../../../../src/run/resume/compare.js';
import { readPresentInputs } from '../../../../src/run/scenario/inputs.js';
import {
  type Files,
  type ProjectFolder,
  projectFolder,
  scenarioFiles,
} from '../../../support/project-folder.js';

const seal = createThrowawaySeal();

/** What the only scenario of a project stands on. */
async function inputsOf({ root }: ProjectFolder): Promise<Inputs> {
  const { project, problems } = await loadProject(root);
  if (!project) throw new Error(JSON.stringify(problems));
  const plan = planSuite(project);
  const [scenario] = plan.scenarios;
  if (!scenario) throw new Error('nothing was planned');
  const read = await readPresentInputs(scenario, plan, seal);
  if (!read.ok) throw new Error(read.failure.message);
  return read.value;
}

/** What is not the same any more after files were written. */
async function differences(before: Files, after: Files): Promise<readonly string[]> {
  const project = await projectFolder({ ...scenarioFiles('001_one', {}), ...before });
  const recorded = await inputsOf(project);
  await project.write(after);
  return compareInputs(recorded, await inputsOf(project), {
    seal,
    mask: (text) => text,
    locate: () => null,
  });
}

const inDefaults = (hooks: string): Files => ({
  'config/defaults.yaml': `hooks:\n${hooks.replaceAll(/^/gm, '  ')}`,
});
const warmUp = (last: string): Files =>
  inDefaults(`after_ready: |\n  set -e\n  . hooks/lib.sh\n  warm_up ${last}\n`);
const LIBRARY: Files = { 'hooks/lib.sh': 'warm_up() { :; }\n' };
const OTHER_LIBRARY: Files = { 'hooks/lib.sh': 'warm_up() { sleep 1; }\n' };

describe('a result stands on the hooks that come before it is there', () => {
  it('on every line of what they are', async () => {
    expect(await differences({ ...LIBRARY, ...warmUp('1') }, warmUp('2'))).toEqual([
      'hooks.after_ready changed',
    ]);
  });

  it.each<[string, Files, Files, string]>([
    ['a file that a line sources', warmUp('1'), OTHER_LIBRARY, 'lib.sh changed'],
    [
      'a script that a line gives to a shell',
      inDefaults('before_scenario: sh hooks/clocks.sh 1000\n'),
      { 'hooks/clocks.sh': 'echo "$1"\n' },
      'clocks.sh is new',
    ],
    [
      'the script of a hook of the run',
      { 'hooks/before_suite.sh': '#!/bin/sh\ntrue\n' },
      { 'hooks/before_suite.sh': '#!/bin/sh\nfalse\n' },
      'before_suite.sh changed',
    ],
    [
      'what lies beside a hook of the run',
      { 'hooks/before_suite.d/10.sh': '#!/bin/sh\n. hooks/lib.sh\n' },
      OTHER_LIBRARY,
      'lib.sh changed',
    ],
  ])('on %s', async (_what, before, after, said) => {
    expect(await differences({ ...LIBRARY, ...before }, after)).toEqual([
      `the project’s hooks/${said}`,
    ]);
  });

  it('on the line of a hook of the run', async () => {
    expect(
      await differences(inDefaults('before_suite: clocks 1'), inDefaults('before_suite: clocks 2')),
    ).toEqual([expect.stringMatching(/^hooks\.before_suite changed from .* to /)]);
  });

  it('and not on those that come after', async () => {
    const late: Files = {
      'hooks/after_scenario.sh': '#!/bin/sh\n',
      'hooks/after_suite': '#!/bin/sh\n',
    };
    const changed: Files = {
      'hooks/after_scenario.sh': '#!/bin/sh\ntrue\n',
      'hooks/after_suite': '#!/bin/sh\ntrue\n',
    };
    expect(await differences({ ...LIBRARY, ...late }, { ...changed, ...OTHER_LIBRARY })).toEqual(
      [],
    );
    const early: Files = { 'hooks/before_scenario.sh': '#!/bin/sh\n' };
    expect(await differences({ ...early, ...late }, changed)).toEqual([]);
  });
});

describe('a plain fingerprint', () => {
  it('is written of no file that holds secrets: environment files, and those with a known one in them', async () => {
    const project = await projectFolder({
      ...scenarioFiles('001_one', {
        metadata: 'test_execution: { env: { DB_PASSWORD: hunter2 } }\n',
        more: {
          '.env': 'A=1\n',
          'conf/engine.env': 'B=2\n',
          'settings.ini': 'login=hunter2\n',
          'data.txt': 'x\n',
        },
      }),
      ...LIBRARY,
      'hooks/before_scenario.sh': '#!/bin/sh\n. hooks/login.env\n',
      'hooks/login.env': 'C=3\n',
    });
    const { files } = await inputsOf(project);
    expect(files.map((file) => [file.path, 'sealed' in file])).toEqual([
      ['.env', true],
      ['conf/engine.env', true],
      ['data.txt', false],
      ['run_test.sh', false],
      ['settings.ini', true],
      ['the project’s hooks/before_scenario.sh', false],
      ['the project’s hooks/lib.sh', false],
      ['the project’s hooks/login.env', true],
    ]);
  });
});
