import { chmodSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { loadProject } from '../../../../src/config/load.js';
import {
  BASE,
  FOUR_NODES,
  load,
  problemsOf,
  scenarioOf,
  show,
  withServices,
  writeProject,
  type Files,
} from '../temporary-project.js';

const COMPOSE = 'services:\n  a: { command: a, image: x }\n  b: { command: b, image: x }\n';
const several: Files = { 'config/nodes.yaml': FOUR_NODES };
const with_ = (testExecution: string, others: Files = {}): Files => ({
  'scenarios/one/metadata.yaml': `name: first\ntest_execution: ${testExecution}\n`,
  ...others,
});

async function problemsWith(testExecution: string, others: Files = {}) {
  const found = await problemsOf(with_(testExecution, others));
  return found.map((line) => line.replace('scenarios/one/metadata.yaml:', ''));
}

describe('the script runs', () => {
  const deployment = (text: string) => `deployment: { services: ${text} }\n`;
  const onHere = deployment('[{ name: a, node: here }]');
  const onBoth = deployment('[{ name: a, node: there }, { name: b, node: here }]');

  it.each([
    ['local', onHere, 'controller'],
    ['controller', onHere, 'controller'],
    ['remote', onBoth, 'there'],
    ['remote', 'deployment: { node: docked, services: [{ name: a, node: there }] }\n', 'docked'],
    ['auto', onHere, 'here'],
    ['auto', onBoth, 'controller'],
    ['docked', onHere, 'docked'],
  ])('with node: %s and %j on %s', async (node, metadata, expected) => {
    const files = withServices(`${metadata}test_execution: { node: ${node} }\n`, COMPOSE, several);
    const scenario = await scenarioOf(files);
    expect(scenario.testExecution.node).toBe(expected);
  });

  it('remotely on the only node, also without services', async () => {
    expect((await scenarioOf(with_('{ node: remote }'))).testExecution.node).toBe('here');
    expect((await scenarioOf(with_('{ node: auto }'))).testExecution.node).toBe('controller');
  });

  it('on a node that counts among those of the scenario', async () => {
    const files = withServices(`${onHere}test_execution: { node: docked }\n`, COMPOSE, several);
    expect((await scenarioOf(files)).nodes).toEqual(['docked', 'here']);
  });

  it.each([
    [
      '{ node: nowhere }',
      [
        '2:25 error test_execution.node: there is no node `nowhere` | nodes: here, there, docked, off',
      ],
    ],
    [
      '{ node: dokced }',
      ['2:25 error test_execution.node: there is no node `dokced` | did you mean `docked`?'],
    ],
    [
      '{ node: "off" }',
      [
        '2:25 error test_execution.node: the node off is disabled | switch it on in config/nodes.yaml:5, or name another one',
      ],
    ],
    [
      '{ node: remote }',
      [
        '1:1 error : no node is named, and there are several: here, there, docked | write `deployment: { node: here }`',
      ],
    ],
  ])('but not with %s', async (written, expected) => {
    expect(await problemsWith(written, several)).toEqual(expected);
  });
});

describe('the script', () => {
  it('may lie in a folder of the scenario', async () => {
    const scenario = await scenarioOf(
      with_('{ script: ./bin/../bin/go.sh }', { 'scenarios/one/bin/go.sh': 'x' }),
    );
    expect(scenario.testExecution.script).toBe('bin/go.sh');
  });

  it.each([
    [
      '{ script: gone.sh }',
      ['2:27 error test_execution.script: the test script gone.sh does not exist'],
    ],
    [
      '{ script: ../one/run_test.sh }',
      [
        "2:27 error test_execution.script: the script lies outside the folder of the scenario: '../one/run_test.sh'",
      ],
    ],
    [
      '{ script: /bin/true }',
      [
        "2:27 error test_execution.script: the script lies outside the folder of the scenario: '/bin/true'",
      ],
    ],
    [
      '{ script: folder }',
      ['2:27 error test_execution.script: the test script folder is not a file'],
    ],
  ])('%s is a problem', async (written, expected) => {
    expect(await problemsWith(written, { 'scenarios/one/folder/': '' })).toEqual(expected);
  });

  it('that is not there by its usual name is missed in metadata.yaml', async () => {
    expect(
      await problemsOf({
        'scenarios/one/run_test.sh/': '',
        'scenarios/two/metadata.yaml': 'name: second\n',
      }),
    ).toEqual([
      'scenarios/one/metadata.yaml:1:1 error : the test script run_test.sh is not a file',
      'scenarios/two/metadata.yaml:1:1 error : the test script run_test.sh does not exist | write it, or name another one: `test_execution: { script: … }`',
    ]);
  });

  it('says what runs it; otherwise a shell does, with a warning', async () => {
    const found = async (content: string, mode: number) => {
      const root = writeProject({ ...BASE, 'scenarios/one/run_test.sh': content });
      chmodSync(join(root, 'scenarios/one/run_test.sh'), mode);
      const { problems } = await loadProject({ root, environment: {} });
      return problems.map(show);
    };
    expect(await found('#!/bin/sh\n', 0o755)).toEqual([]);
    expect(await found('#!/usr/bin/env python3\nprint()\r\n', 0o644)).toEqual([]);
    for (const content of ['echo\n', '']) {
      expect(await found(content, 0o755)).toEqual([
        'scenarios/one/metadata.yaml:1:1 warning : the test script run_test.sh has no `#!` line, so /bin/sh runs it | start it with `#!/bin/bash`, or whatever it is written in',
      ]);
    }
    expect(await found('#!/bin/bash\r\necho\r\n', 0o755)).toEqual([
      "scenarios/one/metadata.yaml:1:1 error : the test script run_test.sh has Windows line ends: its interpreter would not be found | sed -i 's/\\r$//' run_test.sh",
    ]);
  });
});

describe('result paths', () => {
  it('are directories or files, relative or absolute', async () => {
    const scenario = await scenarioOf(
      with_('{ result_paths: ["./results/", out.json, "logs/*.log", /var/tmp/x/, /var/y.txt] }'),
    );
    expect(
      scenario.testExecution.resultPaths.map(({ path, kind, isAbsolute }) => [
        path,
        kind,
        isAbsolute,
      ]),
    ).toEqual([
      ['results', 'directory', false],
      ['out.json', 'files', false],
      ['logs/*.log', 'files', false],
      ['/var/tmp/x', 'directory', true],
      ['/var/y.txt', 'files', true],
    ]);
    expect(scenario.testExecution.resultPaths[1]?.source).toEqual({
      file: 'scenarios/one/metadata.yaml',
      line: 2,
      column: 48,
    });
  });

  it.each([
    [
      '"../other/"',
      [
        "error test_execution.result_paths[0]: '../other/' leads out of the working folder of the script | for something outside write an absolute path",
      ],
    ],
    [
      'a/../../b',
      [
        "error test_execution.result_paths[0]: 'a/../../b' leads out of the working folder of the script | for something outside write an absolute path",
      ],
    ],
    [
      '"./"',
      [
        "error test_execution.result_paths[0]: './' is everything there is | name the folder or files that are results",
      ],
    ],
    [
      '/',
      [
        "error test_execution.result_paths[0]: '/' is everything there is | name the folder or files that are results",
      ],
    ],
    [
      'test_stdout.log',
      [
        "error test_execution.result_paths[0]: 'test_stdout.log' is where the output of the script itself is kept | choose another name",
      ],
    ],
    ['x/test_stdout.log', []],
    ['""', ['error test_execution.result_paths[0]: is no path']],
    ['a, ./a/', ["warning test_execution.result_paths[1]: './a/' is listed twice"]],
    ['5', ['error test_execution.result_paths[0]: must be a text; got 5 | put it in quotes']],
  ])('[%s]', async (written, expected) => {
    const found = await problemsWith(`{ result_paths: [${written}] }`);
    expect(found.map((line) => line.replace(/^\S+ /, ''))).toEqual(expected);
  });
});

describe('the environment of the script', () => {
  it('keeps every text as it is written', async () => {
    const scenario = await scenarioOf(
      with_(
        '{ env: { A: 3.10, B: true, C: "P@$$w0rd$(touch x)\'\\n", D: "", E: 0x1F, F: "${X:-y}" } }',
      ),
    );
    expect(scenario.testExecution.env).toEqual({
      A: '3.10',
      B: 'true',
      C: "P@$$w0rd$(touch x)'\n",
      D: '',
      E: '0x1F',
      F: 'y',
    });
  });

  it('keeps what looks secret from being shown', async () => {
    const loaded = await load(with_('{ env: { HF_TOKEN: "${T}", MAX_TOKENS: 4096 } }'), {
      T: 'hf_abcdef',
    });
    expect(loaded.project?.secrets).toEqual(['hf_abcdef']);
  });

  it('has names and values that an environment can have', async () => {
    expect(await problemsWith('{ env: { "A=B": x, C: [1] } }')).toEqual([
      '2:33 error test_execution.env.A=B: is no environment variable: a name has no `=`, and neither has a NUL character',
      '2:39 error test_execution.env.C: must be a text, a number or true or false; got a list',
    ]);
  });
});

describe('test_config.json', () => {
  it.each([
    ['{"any": {"key": 1}}', []],
    [
      '[]',
      [
        'scenarios/one/test_config.json:1:1 error : must be a JSON object | write { "key": "value" }',
      ],
    ],
    [
      '{\n  "a": 1,\n}',
      [
        'scenarios/one/test_config.json:3:1 error : is not valid JSON: the comma before `}` is one too many',
      ],
    ],
    [
      '',
      [
        'scenarios/one/test_config.json:1:1 error : is not valid JSON: it ends where a value is expected',
      ],
    ],
    [
      Buffer.from([0, 1]),
      ['scenarios/one/test_config.json:1:1 error : is not a text file: it contains NUL bytes'],
    ],
    [
      '['.repeat(10_000),
      [
        `scenarios/one/test_config.json:1:10001 error : is not valid JSON: it ends where a value is expected`,
      ],
    ],
  ])('%#', async (text, expected) => {
    expect(await problemsOf({ 'scenarios/one/test_config.json': text })).toEqual(expected);
  });

  it('and .env are known to the scenario', async () => {
    const scenario = await scenarioOf({
      'scenarios/one/test_config.json': '{}',
      'scenarios/one/.env': 'A=1\n',
    });
    expect(scenario).toMatchObject({ testConfig: 'test_config.json', envFile: '.env' });
    expect(await scenarioOf({})).toMatchObject({ testConfig: null, envFile: null });
  });
});
