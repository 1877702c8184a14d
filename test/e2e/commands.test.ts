import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { PLAYBOOK, expectExit, projectFolder, scenarioFiles } from '../support/project-folder.js';

describe('init', () => {
  it('makes a project that validates as it is, without a warning, and never overwrites', async () => {
    const project = await projectFolder({});
    const target = path.join(project.root, 'new');
    await mkdir(path.join(target, 'config'), { recursive: true });
    await writeFile(path.join(target, 'config/defaults.yaml'), '# mine\n');
    const made = await project.playbook('init', 'new');
    expect(made.exitCode).toBe(0);
    expect(made.stdout).toContain('kept  config/defaults.yaml');
    expect(await project.read('new/config/defaults.yaml')).toBe('# mine\n');
    const validated = await project.playbook('-C', 'new', 'validate', '--strict');
    expect(validated.stdout + validated.stderr).not.toMatch(/warning/);
    expect(validated.exitCode).toBe(0);
  });

  it('names schemas in its templates that are there', async () => {
    const project = await projectFolder({});
    await project.playbook('init', '.');
    for (const file of await project.list('.')) {
      if (!file.endsWith('.yaml')) continue;
      const named = /yaml-language-server: \$schema=(\S+)/.exec(await project.read(file))?.[1];
      if (named === undefined) continue;
      const schema = path.join(path.dirname(file), named);
      expect(JSON.parse(await project.read(schema)), schema).toHaveProperty('$schema');
    }
  });
});

describe('plan', () => {
  it('prints batches and dependencies with their conditions, and touches nothing', async () => {
    const project = await projectFolder({
      'config/nodes.yaml':
        'nodes:\n  a: { transport: local, runtime: process }\n  b: { transport: local, runtime: process }\n',
      ...scenarioFiles('001_graph', {
        metadata: `deployment:
  services:
    - { name: worker, nodes: [a, b] }
    - { name: router, node: a, depends_on: [worker] }
`,
        compose: `
services:
  worker: { command: sleep 1, healthcheck: { test: ["CMD", "true"] } }
  router: { command: sleep 1 }
`,
      }),
    });
    const before = await project.list('.');
    for (const args of [['plan'], ['run', '--dry-run']]) {
      const { exitCode, stdout } = await project.playbook(...args, '--format', 'json');
      expect(exitCode).toBe(0);
      const [scenario] = (JSON.parse(stdout) as { scenarios: unknown[] }).scenarios;
      expect(scenario).toMatchObject({
        name: 'graph',
        directory: '001_graph',
        batches: [['worker@a', 'worker@b'], ['router']],
        services: [
          { name: 'worker@a', node: 'a', depends_on: [] },
          { name: 'worker@b', node: 'b', depends_on: [] },
          {
            name: 'router',
            node: 'a',
            depends_on: [
              { service: 'worker@a', condition: 'service_healthy' },
              { service: 'worker@b', condition: 'service_healthy' },
            ],
          },
        ],
      });
    }
    expect(await project.list('.')).toEqual(before);
  });
});

describe('run', () => {
  it.each([
    [['run'], 'run what'],
    [['run', 'onee'], 'did you mean `one`'],
    [['run', 'quite-another'], 'unknown scenario quite-another'],
    [['run', '--all', 'one'], 'either'],
    [['run', '--all', '--tags', 'none'], 'nothing to run'],
    [['run', '--al'], '--all'],
    [['rnu'], 'run'],
  ])('refuses %j with exit code 2', async (args, words) => {
    const project = await projectFolder(scenarioFiles('001_one', {}));
    const { exitCode, stderr } = await project.playbook(...args);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(words);
    expect(await project.list('.')).not.toContain('results/latest');
  });

  it('prints every event as a line of JSON with --reporter json, the same as in events.ndjson', async () => {
    const project = await projectFolder(scenarioFiles('001_one', { script: 'echo hi' }));
    const { stdout } = await project.playbook('run', 'one', '--reporter', 'json');
    expect(stdout).toBe(await project.resultFile('events.ndjson'));
    const types = (await project.events()).map(({ type }) => type);
    expect(types[0]).toBe('suite_started');
    expect(types.at(-1)).toBe('suite_finished');
    expect(types).toEqual(
      expect.arrayContaining([
        'scenario_started',
        'phase_started',
        'phase_finished',
        'script_output',
        'scenario_finished',
      ]),
    );
  });
});

describe('what is doubtful in the configuration', () => {
  it('is told before a plan and before a run, of what is run alone, and kept with its results', async () => {
    const project = await projectFolder({
      ...scenarioFiles('001_one', {}),
      ...scenarioFiles('002_two', {
        compose: 'services: { a: { command: sleep 9, mem_limit: 1g } }',
      }),
      'hooks/befor_suite.sh': '#!/bin/sh\n',
    });
    const never = 'there is no point `befor_suite`, so this is never called';
    const planned = await project.playbook('plan', 'one', '--format', 'json');
    expect(JSON.parse(planned.stdout)).toMatchObject({ scenarios: [{ name: 'one' }] });
    expect(planned.stderr).toContain(`hooks/befor_suite.sh:1:1 warning ${never}`);
    const run = await project.playbook('run', 'one');
    expectExit(run, 0);
    const message = `hooks/befor_suite.sh:1: ${never} (did you mean \`before_suite\`?)`;
    expect(run.stderr.split('\n')[0]).toContain(`warning ${message}`);
    expect((await project.suite()).warnings.map((warning) => warning.message)).toEqual([message]);
    await project.playbook('run', 'two');
    expect((await project.suite()).warnings).toHaveLength(2);
    // What went well is not worth a mail from cron.
    expect(await project.playbook('run', 'one', '--quiet')).toMatchObject({
      exitCode: 0,
      stdout: '',
      stderr: '',
    });
  });
});

describe('run --quiet', () => {
  it('says nothing when all went well, and what failed when it did not', async () => {
    const project = await projectFolder({
      ...scenarioFiles('001_good', {}),
      ...scenarioFiles('002_bad', { script: 'echo no GPU; exit 4' }),
    });
    expect(await project.playbook('-q', 'run', 'good')).toMatchObject({
      exitCode: 0,
      stdout: '',
      stderr: '',
    });
    const { exitCode, stdout, stderr } = await project.playbook('-q', 'run', '--all');
    expect(exitCode).toBe(1);
    expect(stdout).toContain('run_test.sh exited with status 4');
    expect(stdout).toContain('no GPU');
    expect(stderr).toBe('');
  });
});

describe('scenario', () => {
  it('switches a scenario off and on again, leaving comments as they are', async () => {
    const metadata = 'name: one # the first\n# a comment\nenabled:   true   # on\ntags: [a,  b]\n';
    const project = await projectFolder({
      'scenarios/001_one/metadata.yaml': metadata,
      'scenarios/001_one/run_test.sh': '#!/bin/sh\n',
    });
    expect((await project.playbook('scenario', 'one', '--disable')).exitCode).toBe(0);
    expect(await project.read('scenarios/001_one/metadata.yaml')).toBe(
      metadata.replace('true', 'false'),
    );
    const { stdout } = await project.playbook('scenarios', '--format', 'json');
    expect(JSON.parse(stdout)).toMatchObject([{ name: 'one', enabled: false }]);
    expect((await project.playbook('scenario', '001_one', '--enable')).exitCode).toBe(0);
    expect(await project.read('scenarios/001_one/metadata.yaml')).toBe(metadata);
  });
});

describe('config explain', () => {
  it('tells of every value which layer it comes from, with file and line', async () => {
    const project = await projectFolder({
      'config/defaults.yaml': 'test_execution:\n  timeout: 10m\n',
      ...scenarioFiles('001_one', { metadata: 'test_execution:\n  collection_mode: basic\n' }),
    });
    const explain = async (key: string) => {
      const { stdout } = await project.playbook(
        'config',
        'explain',
        'one',
        key,
        '--format',
        'json',
      );
      return (JSON.parse(stdout) as unknown[])[0];
    };
    expect(await explain('test_execution.collection_mode')).toMatchObject({
      value: 'basic',
      layer: 'scenario',
      file: 'scenarios/001_one/metadata.yaml',
      line: 3,
    });
    expect(await explain('test_execution.timeout')).toMatchObject({
      layer: 'project',
      file: 'config/defaults.yaml',
      line: 2,
    });
    expect(await explain('retry_strategy.retry_delay')).toMatchObject({ layer: 'built-in' });
  });
});

describe('results', () => {
  it('lists runs, newest first, and shows one', async () => {
    const project = await projectFolder({
      ...scenarioFiles('001_one', {}),
      ...scenarioFiles('002_two', { script: 'exit 1' }),
    });
    await project.playbook('run', 'one');
    await project.playbook('run', 'two');
    const { stdout } = await project.playbook('results', '--format', 'json');
    const runs = JSON.parse(stdout) as { run: string }[];
    expect(runs).toMatchObject([
      { status: 'failed', scenarios: [{ name: 'two', status: 'failed' }] },
      { status: 'completed', scenarios: [{ name: 'one', status: 'completed' }] },
    ]);
    const shown = await project.playbook('results', runs[0]?.run ?? '');
    expect(shown.exitCode).toBe(0);
    expect(shown.stdout).toContain('exited with status 1');
    expect((await project.playbook('results', '20000101_000000')).exitCode).toBe(2);
  });
});

describe('nodes and health', () => {
  it('say what is reachable only when asked to look', async () => {
    const project = await projectFolder(scenarioFiles('001_one', {}));
    const list = async (command: string) =>
      JSON.parse((await project.playbook(command, '--format', 'json')).stdout) as unknown[];
    const node1 = {
      name: 'node1',
      host: '127.0.0.1',
      transport: 'local',
      enabled: true,
      runtime: 'process',
      problems: [],
    };
    expect(await list('nodes')).toMatchObject([{ ...node1, reachable: null }]);
    expect(await list('health')).toMatchObject([{ ...node1, reachable: true }]);
  });
});

describe('--format', () => {
  it.each(['nodes', 'health', 'scenarios', 'results', 'status', 'plan'])(
    'of %s prints the same as JSON and as YAML, and a table by default',
    async (command) => {
      const project = await projectFolder(scenarioFiles('001_one', {}));
      await project.playbook('run', 'one');
      const print = async (...args: string[]) => {
        const { exitCode, stdout, stderr } = await project.playbook(command, ...args);
        expect(exitCode, stderr).toBe(0);
        return stdout;
      };
      // Load, free memory and what others run on this machine are never the same twice.
      const steady = (value: unknown): unknown =>
        JSON.parse(
          JSON.stringify(value, (key, each: unknown) =>
            key === 'facts' || key === 'running' ? null : each,
          ),
        );
      const json: unknown = JSON.parse(await print('--format', 'json'));
      expect(steady(parse(await print('--format', 'yaml')))).toEqual(steady(json));
      expect(await print()).toMatch(/one|node1|completed/);
    },
  );
});

describe('completion', () => {
  it('completes commands, options, choices and scenario names in bash', async () => {
    const project = await projectFolder(scenarioFiles('001_one', {}));
    const complete = (...words: string[]) => {
      const script = `
playbook() { "${process.execPath}" "${PLAYBOOK}" "$@"; }
source <(playbook completion bash)
COMP_WORDS=(playbook ${words.map((word) => `'${word}'`).join(' ')})
COMP_CWORD=${words.length}
_playbook
printf '%s\\n' "\${COMPREPLY[@]}"`;
      const { stdout } = spawnSync('bash', ['-c', script], { cwd: project.root, encoding: 'utf8' });
      return stdout.trim().split('\n');
    };
    expect(complete('val')).toEqual(['validate']);
    expect(complete('run', '--rep')).toEqual(['--reporter']);
    expect(complete('run', '--reporter', 'pl')).toEqual(['plain']);
    expect(complete('config', 'sc')).toEqual(['schema']);
    expect(complete('config', 'schema', 'no')).toEqual(['nodes']);
    expect(complete('run', 'o')).toEqual(['one']);
  });
});

describe('every command', () => {
  it('prints its help, with exit code 0', async () => {
    const project = await projectFolder({});
    const { stdout } = await project.playbook('--help');
    const commands = [...stdout.matchAll(/^ {2}([a-z][a-z-]*)(?: \[| <| {2})/gm)].map(
      (match) => match[1],
    );
    expect(commands).toEqual(expect.arrayContaining(['run', 'validate', 'bench', 'completion']));
    for (const command of commands) {
      const help = await project.playbook(String(command), '--help');
      expect(help.exitCode, command).toBe(0);
      expect(help.stdout, command).toContain('Usage: playbook');
    }
  });

  it('says what it needs where there is no project', async () => {
    const project = await projectFolder({});
    await mkdir(path.join(project.root, 'empty'));
    for (const [folder, words] of [
      ['nowhere', 'nowhere is not a folder'],
      ['empty', 'playbook init'],
    ] as const) {
      const { exitCode, stderr } = await project.playbook('-C', folder, 'validate');
      expect(exitCode).toBe(2);
      expect(stderr).toContain(words);
    }
  });
});
