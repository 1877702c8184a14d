import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { openLocal } from '../../../../src/remote/local/connection.js';
import { createPool } from '../../../../src/remote/pool/pool.js';
import { controllerToken } from '../../../../src/run/controller.js';
import { attribute, lookAround } from '../../../../src/run/presence/look.js';
import { parsePresence } from '../../../../src/run/presence/parse.js';
import { nodeSpec } from '../../../support/specs.js';
import { makeTempFolder } from '../../../support/temp-folder.js';

describe('what a node tells', () => {
  it('is one line for each container, service, script and folder', () => {
    const text = [
      'boot\tb-1',
      'container\tabc\tp_web_1\tnginx:1\tUp 3 minutes\tR\tbaseline\tnode1\tweb',
      'label\t12\tPLAYBOOK_RUN=R',
      'label\t12\tPLAYBOOK_SCENARIO=baseline',
      'label\t12\tPLAYBOOK_NODE=node1',
      'label\t12\tPLAYBOOK_SERVICE=p-1',
      'label\t13\tPLAYBOOK_RUN=R',
      'label\t13\tPLAYBOOK_SCENARIO=baseline',
      'label\t13\tPLAYBOOK_NODE=node1',
      'label\t13\tPLAYBOOK_SERVICE=p-1',
      'label\t14\tPLAYBOOK_RUN=R',
      'label\t30\tPLAYBOOK_RUN=R',
      `command\t30\t30\t${'docker events '.padEnd(160, 'x')}`,
      'label\t20\tSCENARIO_RUN_ID=R',
      'label\t20\tSCENARIO_NAME=a=b',
      'command\t12\t12\tvllm serve ',
      'command\t13\t12\tworker',
      'command\t20\t20\tsh run_test.sh',
      'folder\t77\t/opt/playbook-20260601_190409-2-1a2b3c',
      'folder\t78\t/opt/playbook-notes',
    ].join('\n');
    const { boot, traces } = parsePresence(text);
    expect(boot).toBe('b-1');
    expect(traces).toMatchObject([
      {
        kind: 'container',
        run: 'R',
        node: 'node1',
        description: 'p_web_1 (nginx:1, Up 3 minutes)',
      },
      { kind: 'command', description: `process 30: ${'docker events '.padEnd(160, 'x')}…` },
      { kind: 'service', service: 'p-1', description: 'process 12 and 1 more: vllm serve' },
      { kind: 'script', scenario: 'a=b', service: null, node: null },
      { kind: 'folder', run: '20260601_190409-2', controller: '1a2b3c' },
    ]);
  });

  it('is shown once where several nodes are one machine, with the node it was started for', () => {
    const told = (node: string) =>
      parsePresence(
        [
          'boot\tb',
          'label\t9\tPLAYBOOK_RUN=R',
          'label\t9\tPLAYBOOK_NODE=node2',
          'command\t9\t9\tx',
          node,
        ].join('\n'),
      );
    const found = attribute([
      { node: 'node1', ...told('') },
      { node: 'node2', ...told('') },
      { node: 'node3', ...told('') },
    ]);
    expect(found.map(({ at }) => at)).toEqual(['node2']);
  });
});

describe('looking around', () => {
  it('finds services and folders of runs, and tells the living from the dead and the foreign', async () => {
    const root = await makeTempFolder();
    const work = path.join(root, '.playbook/nodes/node1');
    await mkdir(path.join(work, `playbook-dead-${controllerToken(root)}`), { recursive: true });
    await mkdir(path.join(work, 'playbook-other-abcdef'));
    const run = `test-${process.pid}`;
    const env = {
      PLAYBOOK_RUN: run,
      PLAYBOOK_SCENARIO: 's',
      PLAYBOOK_NODE: 'node1',
      PLAYBOOK_SERVICE: 'web',
    };
    const child = spawn('sleep', ['60'], { env: { ...process.env, ...env } });
    onTestFinished(() => void child.kill('SIGKILL'));
    await new Promise((resolve) => child.once('spawn', resolve));

    const pool = createPool((node) => openLocal(node, { cwd: root }));
    onTestFinished(() => pool.closeAll());
    const look = await lookAround([nodeSpec()], {
      pool,
      root,
      signal: new AbortController().signal,
      limitMs: 1,
      isRunning: (name) => name === run,
      isOurs: () => false,
    });
    expect(look.failures.size).toBe(0);
    const ours = look.inhabitants.filter((each) => [run, 'dead', 'other'].includes(each.run));
    expect(ours).toMatchObject([
      {
        kind: 'service',
        at: 'node1',
        service: 'web',
        state: 'running',
        description: `process ${child.pid}: sleep 60`,
      },
      { kind: 'folder', run: 'dead', state: 'leftover' },
      { kind: 'folder', run: 'other', state: 'foreign' },
    ]);
  });

  it('tells of what playbook itself has started only where it was left', async () => {
    const root = await makeTempFolder();
    const runs = ['live', 'dead'].map((name) => `${name}-${process.pid}`);
    for (const run of runs) {
      const env = { PLAYBOOK_RUN: run, PLAYBOOK_CONTROLLER: controllerToken(root) };
      const child = spawn('sleep', ['60'], { env: { ...process.env, ...env } });
      onTestFinished(() => void child.kill('SIGKILL'));
      await new Promise((resolve) => child.once('spawn', resolve));
    }
    const pool = createPool((node) => openLocal(node, { cwd: root }));
    onTestFinished(() => pool.closeAll());
    const { inhabitants } = await lookAround([nodeSpec()], {
      pool,
      root,
      signal: new AbortController().signal,
      limitMs: 1,
      isRunning: (name) => name === runs[0],
      isOurs: () => true,
    });
    expect(inhabitants.filter(({ run }) => runs.includes(run))).toMatchObject([
      { kind: 'command', run: runs[1], state: 'leftover' },
    ]);
  });

  it('does not wait for a node that says nothing', async () => {
    const pool = createPool(() => new Promise(() => undefined));
    const { failures } = await lookAround([nodeSpec()], {
      pool,
      root: '/nowhere',
      signal: AbortSignal.timeout(20),
      limitMs: 8_000,
      isRunning: () => false,
      isOurs: () => false,
    });
    expect(failures.get('node1')).toMatchObject({
      kind: 'unreachable',
      message: 'no answer within 8 s',
    });
  });
});
