import { describe, expect, it } from 'vitest';

import { problemsFor } from '../../../../src/config/load.js';
import { load, problemsOf, show, type Files } from '../temporary-project.js';

/** Three scenario folders besides the base one. */
const FOLDERS: Files = {
  'scenarios/010_b/metadata.yaml': 'name: b\n',
  'scenarios/010_b/run_test.sh': '#!/bin/sh\n',
  'scenarios/002_a/metadata.yml': 'name: a\nenabled: false\n',
  'scenarios/002_a/run_test.sh': '#!/bin/sh\n',
  'scenarios/.hidden/metadata.yaml': 'name: hidden\n',
  'scenarios/notes/readme.md': 'nothing',
  'scenarios/file.txt': 'nothing',
};

async function directoriesOf(files: Files) {
  const { project, unlisted } = await load(files);
  return {
    scenarios: project?.scenarios.map(({ directory, enabled }) => `${directory} ${enabled}`),
    unlisted,
  };
}

describe('the scenarios of a project', () => {
  it.each([
    '',
    'execution: { execution_mode: auto }\n',
    'execution: { execution_mode: directory }\n',
  ])('are all folders with metadata by the name of the folder (%j)', async (yaml) => {
    expect(
      await directoriesOf({ ...FOLDERS, ...(yaml ? { 'config/scenarios.yaml': yaml } : {}) }),
    ).toEqual({
      scenarios: ['002_a false', '010_b true', 'one true'],
      unlisted: [],
    });
  });

  it('are those that custom_order lists, in its order', async () => {
    const yaml = `execution:
  execution_mode: custom
  custom_order:
    - { name: b, directory: 010_b, enabled: false, description: from the list }
    - directory: 002_a/
      enabled: true
`;
    const files = { ...FOLDERS, 'config/scenarios.yaml': yaml };
    expect(await directoriesOf(files)).toEqual({
      scenarios: ['010_b false', '002_a true'],
      unlisted: ['one'],
    });
    const loaded = await load(files);
    expect(loaded.project?.scenarios[0]?.description).toBe('from the list');
    expect(loaded.explain('b', 'enabled')).toEqual([
      { key: 'enabled', value: false, layer: 'project', file: 'config/scenarios.yaml', line: 4 },
    ]);
  });

  it('may lie elsewhere', async () => {
    expect(
      await directoriesOf({
        'config/scenarios.yaml': 'execution: { scenarios_root: config/scenarios }\n',
        'config/scenarios/x/metadata.yaml': 'name: x\n',
        'config/scenarios/x/run_test.sh': '#!/bin/sh\n',
      }),
    ).toEqual({ scenarios: ['x true'], unlisted: [] });
  });

  it.each([
    [
      'custom_order names what is not there, twice the same, or leads elsewhere',
      {
        'config/scenarios.yaml': `execution:
  execution_mode: custom
  custom_order:
    - { directory: ones }
    - { directory: one }
    - { directory: one }
    - { directory: ../config }
    - { name: x }
`,
      },
      [
        'config/scenarios.yaml:4:20 error execution.custom_order[0].directory: the folder scenarios/ones does not exist | did you mean `one`?',
        "config/scenarios.yaml:6:20 error execution.custom_order[2].directory: 'one' is listed already, in line 5",
        "config/scenarios.yaml:7:20 error execution.custom_order[3].directory: is no folder under scenarios_root: '../config'",
        'config/scenarios.yaml:8:7 error execution.custom_order[4]: `directory` is missing',
      ],
    ],
    [
      'custom mode has no order',
      { 'config/scenarios.yaml': 'execution: { execution_mode: custom }\n' },
      [
        'config/scenarios.yaml:1:12 error execution: `custom_order` is missing, which execution_mode custom needs | list the scenarios: `custom_order: [{ directory: 001_baseline }]`',
      ],
    ],
    [
      'custom_order calls a scenario something else',
      {
        'config/scenarios.yaml':
          'execution:\n  execution_mode: custom\n  custom_order:\n    - { name: other, directory: one }\n',
      },
      [
        'config/scenarios.yaml:4:15 error execution.custom_order[0].name: the scenario is called other here, and first in scenarios/one/metadata.yaml:1 | use one name in both',
        'scenarios/one/metadata.yaml:1:7 error name: the scenario is called first here, and other in config/scenarios.yaml:4 | use one name in both',
      ],
    ],
    [
      'two scenarios have one name',
      {
        'scenarios/two/metadata.yaml': '# comment\nname: first\n',
        'scenarios/two/run_test.sh': '#!/bin/sh\n',
      },
      [
        'scenarios/one/metadata.yaml:1:7 error name: the name first is also that of scenarios/two/metadata.yaml:2 | names are unique: rename one of them',
        'scenarios/two/metadata.yaml:2:7 error name: the name first is also that of scenarios/one/metadata.yaml:1 | names are unique: rename one of them',
      ],
    ],
    [
      'a folder looks like a scenario and has no metadata',
      {
        'scenarios/two/docker-compose.yml': 'services: {}\n',
        'scenarios/three/run_test.sh': '#!/bin/sh\n',
      },
      [
        'scenarios/three/metadata.yaml:1:1 error : does not exist, so this folder is no scenario yet | write it; its least content is `name: three`',
        'scenarios/two/metadata.yaml:1:1 error : does not exist, so this folder is no scenario yet | write it; its least content is `name: two`',
      ],
    ],
    [
      'there are two metadata files',
      { 'scenarios/one/metadata.yml': 'name: first\n' },
      [
        'scenarios/one/metadata.yml:1:1 error : there is also scenarios/one/metadata.yaml, which means the same | keep one of the two',
      ],
    ],
    [
      'there are two compose files',
      {
        'scenarios/one/compose.yaml': 'services: {}\n',
        'scenarios/one/docker-compose.yml': 'services: {}\n',
      },
      [
        'scenarios/one/docker-compose.yml:1:1 error : there is also scenarios/one/compose.yaml, which means the same | keep one of the two',
      ],
    ],
    [
      'the folder of scenarios is not there',
      { 'config/scenarios.yaml': 'execution: { scenarios_root: elsewhere }\n' },
      [
        'elsewhere:1:1 error : the folder of the scenarios does not exist, or cannot be read | create it, or say in scenarios.yaml where it is: `execution: { scenarios_root: … }`',
      ],
    ],
    [
      'the name is none',
      { 'scenarios/one/metadata.yaml': 'name: a b\ntags: x\n' },
      [
        "scenarios/one/metadata.yaml:1:7 error name: must be a name of letters, digits, `.`, `_` and `-` that starts with a letter or a digit; got 'a b'",
        "scenarios/one/metadata.yaml:2:7 error tags: must be a list; got 'x' | write a list: [a, b]",
      ],
    ],
    [
      'the name is missing',
      { 'scenarios/one/metadata.yaml': 'description: x\n' },
      ['scenarios/one/metadata.yaml:1:1 error : `name` is missing'],
    ],
    [
      'filters name what is not there',
      {
        'scenarios/one/metadata.yaml': 'name: first\ntags: [fast]\n',
        'config/scenarios.yaml':
          'filters:\n  only_scenarios: [firts, one]\n  skip_scenarios: [gone]\n  include_tags: [fas]\n  exclude_tags: [slow]\n',
      },
      [
        'config/scenarios.yaml:2:20 error filters.only_scenarios[0]: there is no scenario `firts` | did you mean `first`?',
        'config/scenarios.yaml:3:20 warning filters.skip_scenarios[0]: there is no scenario `gone` | did you mean `one`?',
        'config/scenarios.yaml:4:18 warning filters.include_tags[0]: there is no tag `fas` | did you mean `fast`?',
        'config/scenarios.yaml:5:18 warning filters.exclude_tags[0]: there is no tag `slow`',
      ],
    ],
  ])('are not right when %s', async (_what, files: Files, expected) => {
    expect(await problemsOf(files)).toEqual(expected);
  });

  it('that lack their metadata are known as broken', async () => {
    const loaded = await load({ 'scenarios/two/run_test.sh': '' });
    expect(loaded.broken).toEqual([{ name: 'two', directory: 'two' }]);
    expect(problemsFor(loaded, ['two'])).toHaveLength(1);
    expect(problemsFor(loaded, ['first'])).toEqual([]);
  });

  it('may have a name that comes from a variable', async () => {
    const files = { 'scenarios/one/metadata.yaml': 'name: "${N}"\n' };
    expect((await load(files, { N: 'named' })).project?.scenarios[0]?.name).toBe('named');
    const loaded = await load(files);
    expect(loaded.broken).toEqual([{ name: 'one', directory: 'one' }]);
    expect(loaded.problems.map(show)).toEqual([
      "scenarios/one/metadata.yaml:1:7 error name: the variable N is not set | set it in the environment or in the project's .env, or write ${N:-default}",
    ]);
  });

  it('warn when there are none', async () => {
    const loaded = await load({
      'config/scenarios.yaml': 'execution: { scenarios_root: empty }\n',
      'empty/': '',
    });
    expect(loaded.problems.map(show)).toEqual([
      'empty:1:1 warning : there is no scenario in this folder | a scenario is a folder with a metadata.yaml',
    ]);
    expect(loaded.project?.scenarios).toEqual([]);
  });
});

describe('a broken scenario', () => {
  const files: Files = {
    'scenarios/two/metadata.yaml': 'name: second\ndeployment: { node: nowhere }\n',
    'scenarios/two/run_test.sh': '#!/bin/sh\n',
    'scenarios/three/metadata.yaml': 'name: [\n',
    'scenarios/three/compose.yaml': 'services: { a: { imgae: x, command: y } }\n',
  };

  it('does not keep the others from running', async () => {
    const loaded = await load(files);
    expect(loaded.project?.scenarios.map(({ name }) => name)).toEqual(['first']);
    expect(loaded.broken).toEqual([
      { name: 'three', directory: 'three' },
      { name: 'second', directory: 'two' },
    ]);
    expect(problemsFor(loaded, ['first'])).toEqual([]);
    expect(loaded.explain('second')).toBeUndefined();
  });

  it('is reported with all that is wrong in all of its files', async () => {
    const loaded = await load(files);
    expect(problemsFor(loaded, ['three']).map(show)).toEqual([
      'scenarios/three/compose.yaml:1:18 error services.a.imgae: unknown key `imgae` | did you mean `image`?',
      'scenarios/three/metadata.yaml:2:1 error : is not valid YAML: flow sequence in block collection must be sufficiently indented and end with a ]',
    ]);
  });

  it('that is disabled gives warnings, and errors only to who asks for it', async () => {
    const loaded = await load({
      ...files,
      'scenarios/two/metadata.yaml': 'name: second\nenabled: false\ndeployment: { nod: x }\n',
      'scenarios/three/metadata.yaml': 'name: third\nenabled: false\n',
      'scenarios/three/run_test.sh': '#!/bin/sh\n',
    });
    expect(problemsFor(loaded, undefined).map(({ severity }) => severity)).toEqual([
      'warning',
      'warning',
    ]);
    expect(problemsFor(loaded, ['second']).map(({ severity }) => severity)).toEqual(['error']);
    expect(loaded.project?.scenarios.map(({ name }) => name)).toEqual(['first']);
  });
});

describe('the project as a whole', () => {
  it.each([
    ['config/scenarios.yaml', 'execution: [\n'],
    ['config/defaults.yaml', 'a: 1\na: 2\n'],
    ['config/scenarios.yaml', ''],
    ['config/nodes.yaml', '# nothing\n'],
  ])('says nothing while %s is %j', async (file, text) => {
    const loaded = await load({ [file]: text });
    expect(loaded.project).toBeNull();
    expect(loaded.problems.every((problem) => problem.file === file)).toBe(true);
    expect(loaded.problems).toHaveLength(1);
  });

  it('reports every problem of every file at once, by file and line', async () => {
    const found = await problemsOf({
      'config/nodes.yaml': 'nodes:\n  here: { transport: local, runtime: procces }\n',
      'config/defaults.yaml': 'test_execution: { tiemout: 1 }\n',
      'config/scenarios.yaml': 'filter: {}\n',
      'scenarios/one/metadata.yaml':
        'name: first\ntest_execution: { node: her, script: gone.sh }\n',
      'scenarios/one/test_config.json': '[1]',
    });
    expect(found.map((line) => line.split(' ')[0])).toEqual([
      'config/defaults.yaml:1:19',
      'config/nodes.yaml:2:38',
      'config/scenarios.yaml:1:1',
      'scenarios/one/metadata.yaml:2:25',
      'scenarios/one/metadata.yaml:2:38',
      'scenarios/one/test_config.json:1:1',
    ]);
  });
});
