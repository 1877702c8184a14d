import { describe, expect, it } from 'vitest';

import type { Deployment } from '../../../../src/deploy/backend.js';
import {
  buildCommand,
  configCommand,
  createCommand,
  downCommand,
  eventsCommand,
  followLogCommand,
  lastLinesCommand,
  pullCommand,
  removeCommand,
  startCommand,
  wholeLogCommand,
} from '../../../../src/deploy/compose/commands.js';
import { projectName } from '../../../../src/deploy/compose/names.js';
import type { Command } from '../../../../src/model/command.js';
import { nodeSpec, serviceSpec } from '../../../support/specs.js';

const deployment: Deployment = {
  run: '20260101_120000',
  controller: 'c0ffee',
  scenario: 'Baseline.Test',
  node: nodeSpec({ name: 'node1' }),
  workingFolder: '/opt/inference/run/baseline',
  stateFolder: '/opt/inference/run/baseline.state',
};
const marks = { PLAYBOOK_RUN: '20260101_120000', PLAYBOOK_CONTROLLER: 'c0ffee' };
const V1 = { major: 1, version: '1.29.2', argv: ['docker-compose'] } as const;
const V2 = { major: 2, version: '2.26.1', argv: ['docker', 'compose'] } as const;
const project = projectName(deployment);
const ours = `label=com.docker.compose.project=${project}`;
const service = serviceSpec('p-1@node1');
const fileAt = (composeFile: string) => ({ composeFile, composeOverride: null });
const standard = fileAt('docker-compose.yml');

/** What a script gets, without the script itself. */
function operands({ argv }: Command): readonly string[] {
  expect(argv.slice(0, 2)).toEqual(['/bin/sh', '-c']);
  expect(argv[3]).toBe('playbook');
  return argv.slice(4);
}

describe('the name of a project', () => {
  it('is one that every compose takes, and says what it is', () => {
    expect(project).toMatch(/^playbook-baseline-test-node1-[0-9a-f]{10}$/);
  });

  it('is short and valid whatever the scenario is called', () => {
    const name = projectName({ ...deployment, scenario: `Ünï_${'x'.repeat(200)}` });
    expect(name).toMatch(/^[a-z0-9][a-z0-9_-]+$/);
    expect(name.length).toBeLessThan(63);
  });

  it.each([
    { run: '20260101_120001' },
    { scenario: 'baseline-test' },
    { node: nodeSpec({ name: 'node2' }) },
    { workingFolder: '/home/other/run/baseline' },
  ])('is another one for %o', (change) => {
    expect(projectName({ ...deployment, ...change })).not.toBe(project);
  });
});

describe('compose', () => {
  it('is run in the folder of the file, as by hand', () => {
    expect(configCommand(deployment, standard, V1)).toEqual({
      argv: ['docker-compose', '-p', project, '-f', 'docker-compose.yml', 'config'],
      cwd: '/opt/inference/run/baseline',
      env: marks,
    });
    expect(configCommand(deployment, fileAt('engines/p d.yml'), V2)).toEqual({
      argv: ['docker', 'compose', '--profile', '*', '-p', project, '-f', 'p d.yml', 'config'],
      cwd: '/opt/inference/run/baseline/engines',
      env: marks,
    });
  });

  it('lays the override of the file over it, and what is needed here over both', () => {
    const files = { composeFile: 'compose.yaml', composeOverride: 'compose.override.yaml' };
    const own = ['-f', 'compose.yaml', '-f', 'compose.override.yaml'];
    expect(configCommand(deployment, files, V1).argv).toEqual([
      ...['docker-compose', '-p', project, ...own, 'config'],
    ]);
    const override = '/opt/inference/run/baseline.state/compose-yaml.override.json';
    const create = operands(createCommand(deployment, files, V2, ['a'], '{}'));
    expect(create.join(' ')).toContain([...own, '-f', override, 'up'].join(' '));
  });

  it('gets what was set here in its environment, never as an argument', () => {
    const variables = { TOKEN: 'hunter2' };
    const command = configCommand({ ...deployment, variables }, standard, V2);
    expect(command.env).toEqual({ ...variables, ...marks });
    expect(command.argv.join(' ')).not.toContain('hunter2');
  });

  it('bears the marks of its run where it may outlive its connection, so that it is found and ended', () => {
    expect(eventsCommand(deployment, '30s').env).toEqual(marks);
    for (const command of [createCommand, buildCommand]) {
      expect(command(deployment, standard, V1, ['a'], '{}').env).toEqual(marks);
    }
  });

  it('builds', () => {
    const command = buildCommand(deployment, standard, V1, ['a', 'b'], '{}');
    const override = '/opt/inference/run/baseline.state/docker-compose-yml.override.json';
    expect(operands(command)).toEqual([
      ...[override, 'docker-compose', '-p', project, '-f', 'docker-compose.yml', '-f', override],
      ...['build', 'a', 'b'],
    ]);
    expect(command.stdin).toBe('{}');
  });

  it('creates exactly the services that are named, and starts none', () => {
    const command = createCommand(
      deployment,
      fileAt('sub/C.yml'),
      V1,
      ['a', 'b'],
      '{"services":{}}',
    );
    const override = '/opt/inference/run/baseline.state/sub-c-yml.override.json';
    expect(operands(command)).toEqual([
      ...[override, ours, 'docker-compose', '-p', project, '-f', 'C.yml', '-f', override],
      ...['up', '--no-start', '--no-deps', '--no-build', '--force-recreate', 'a', 'b'],
    ]);
    expect(command).toMatchObject({
      cwd: '/opt/inference/run/baseline/sub',
      stdin: '{"services":{}}',
    });
  });
});

describe('docker', () => {
  it('pulls, for the platform that is asked for', () => {
    expect(pullCommand('vllm/vllm:1', null).argv.join(' ')).toBe('docker pull --quiet vllm/vllm:1');
    expect(pullCommand('x', 'linux/arm64').argv.join(' ')).toBe(
      'docker pull --quiet --platform linux/arm64 x',
    );
  });

  it('starts what was created', () => {
    expect(startCommand(['3f2a', '77aa']).argv).toEqual(['docker', 'start', '3f2a', '77aa']);
  });

  it('tells what happens to the containers of one deployment, from some time on', () => {
    expect(eventsCommand(deployment, '30s').argv.join(' ')).toBe(
      'docker events --since 30s --format {{json .}} --filter type=container ' +
        `--filter ${ours} --filter event=start --filter event=die --filter event=oom ` +
        '--filter event=health_status --filter event=pause --filter event=unpause ' +
        '--filter event=destroy',
    );
  });

  it('is asked for the logs of one service', () => {
    const filters = [ours, 'label=playbook.service=p-1@node1'];
    expect(operands(followLogCommand(deployment, service))).toEqual([...filters, '-f']);
    expect(operands(lastLinesCommand(deployment, service, 20))).toEqual([
      ...filters,
      '--tail',
      '20',
    ]);
    expect(operands(wholeLogCommand(deployment, service))).toEqual([...filters, '--timestamps']);
  });

  it('removes a service by its labels, and everything by that of the project', () => {
    const filters = [ours, 'label=playbook.service=p-1@node1'];
    expect(operands(downCommand(deployment, service, 'stop'))).toEqual(filters);
    expect(operands(removeCommand(deployment, 'force'))).toEqual([ours, project, '--force']);
    expect(operands(removeCommand(deployment, 'stopped'))).toEqual([ours, project]);
  });
});
