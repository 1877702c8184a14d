import { execFileSync } from 'node:child_process';

import { describe, expect, it } from 'vitest';

import type { Deployment } from '../../../../src/deploy/backend.js';
import * as commands from '../../../../src/deploy/process/commands.js';
import * as scripts from '../../../../src/deploy/process/scripts.js';
import type { ProcessSpec } from '../../../../src/model/service.js';
import { nodeSpec, serviceSpec } from '../../../support/specs.js';

const deployment: Deployment = {
  run: '20260101_120000',
  controller: 'c0ffee',
  scenario: 'baseline',
  node: nodeSpec(),
  workingFolder: '/work/baseline',
  stateFolder: '/work/.state',
};
const spec: ProcessSpec = {
  argv: ['vllm', 'serve', 'my model'],
  env: { HF_HOME: '/models', 'discovery.type': 'single' },
  workingDir: 'engine',
  stopSignal: 'SIGINT',
  stopGracePeriodMs: 2_500,
  healthCheck: null,
  ports: [],
};
const service = serviceSpec('p-1@node1', [], { process: spec });
const labels = {
  PLAYBOOK_RUN: '20260101_120000',
  PLAYBOOK_CONTROLLER: 'c0ffee',
  PLAYBOOK_SCENARIO: 'baseline',
  PLAYBOOK_NODE: 'node1',
  PLAYBOOK_SERVICE: 'p-1@node1',
};

describe('the commands of the process backend', () => {
  it('start a service in its folder, with its variables and its labels', () => {
    expect(commands.startCommand(deployment, service, spec)).toEqual({
      argv: [
        '/bin/sh',
        '-c',
        scripts.START,
        'playbook',
        '/work/.state/p-1@node1.log',
        '/work/.state/p-1@node1.pid',
        'vllm',
        '/usr/bin/env',
        '--',
        'discovery.type=single',
        'vllm',
        'serve',
        'my model',
      ],
      cwd: '/work/baseline/engine',
      env: { HF_HOME: '/models', ...labels },
    });
  });

  it('run the health check where the service runs', () => {
    const check = {
      argv: ['curl', '-f', 'localhost'],
      intervalMs: 1,
      timeoutMs: 1,
      retries: 1,
      startPeriodMs: 0,
      startIntervalMs: 1,
    };
    expect(commands.healthCommand(deployment, service, spec, check)).toEqual({
      argv: ['curl', '-f', 'localhost'],
      cwd: '/work/baseline/engine',
      env: { ...spec.env, ...labels },
    });
  });

  it('take an absolute working directory as it is', () => {
    const command = commands.startCommand(deployment, service, {
      ...spec,
      workingDir: '/opt/engine',
    });
    expect(command.cwd).toBe('/opt/engine');
  });

  it('do not let a service take the labels of another', () => {
    const stolen = { ...spec, env: { PLAYBOOK_SERVICE: 'other' } };
    expect(commands.startCommand(deployment, service, stolen).env).toEqual(labels);
  });

  it('stop a service by its record and its labels', () => {
    expect(commands.stopCommand(deployment, service, spec, 'stop').argv.slice(2)).toEqual([
      scripts.STOP,
      'playbook',
      '/work/.state/p-1@node1.pid',
      'INT',
      '2500',
      'PLAYBOOK_RUN=20260101_120000',
      'PLAYBOOK_CONTROLLER=c0ffee',
      'PLAYBOOK_SCENARIO=baseline',
      'PLAYBOOK_NODE=node1',
      'PLAYBOOK_SERVICE=p-1@node1',
    ]);
  });

  it('confirm by its record alone that a service is gone', () => {
    expect(commands.stopCommand(deployment, service, spec, 'confirm').argv.slice(4)).toEqual([
      '/work/.state/p-1@node1.pid',
      'INT',
      '2500',
    ]);
  });

  it.each([
    ['list', commands.listCommand(deployment), scripts.LIST],
    ['purge', commands.purgeCommand(deployment), scripts.PURGE],
  ])('%s a deployment by its folder and its labels', (_, command, script) => {
    expect(command.argv.slice(2)).toEqual([
      script,
      'playbook',
      '/work/.state',
      'PLAYBOOK_RUN=20260101_120000',
      'PLAYBOOK_CONTROLLER=c0ffee',
      'PLAYBOOK_SCENARIO=baseline',
      'PLAYBOOK_NODE=node1',
    ]);
  });

  it('read logs from a byte on', () => {
    expect(commands.followCommand('/l', 10).argv).toEqual(['tail', '-c', '+11', '-f', '/l']);
    expect(commands.restCommand('/l', 0).argv).toEqual(['tail', '-c', '+1', '/l']);
    expect(commands.lastLinesCommand('/l', 10, 5).argv.slice(4)).toEqual(['/l', '11', '5']);
  });
});

describe('the scripts', () => {
  it.each(Object.entries(scripts))('%s is valid for a POSIX shell', (_, script) => {
    expect(() => execFileSync('/bin/sh', ['-n', '-c', script], { stdio: 'pipe' })).not.toThrow();
  });
});
