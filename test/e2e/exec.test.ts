import { describe, expect, it } from 'vitest';

import { projectFolder } from '../support/project-folder.js';

const NODES = `nodes:
  node1: { transport: local, runtime: process, labels: { gpu: h20 } }
  node2: { transport: local, runtime: process }
  off: { transport: local, runtime: process, enabled: false }
`;

describe('playbook exec', () => {
  it('leads every line by its node, and keeps the two streams apart', async () => {
    const { playbook } = await projectFolder({ 'config/nodes.yaml': NODES });
    const ran = await playbook('exec', '--', 'echo out; echo err >&2');
    expect(ran.exitCode).toBe(0);
    expect(ran.stdout.trim().split('\n').sort()).toEqual(['node1 │ out', 'node2 │ out']);
    expect(ran.stderr).toContain('node1 │ err\n');
    expect(ran.stderr).toContain('2 nodes, all succeeded');
  });

  it('takes several words for a program and its arguments, which no shell looks at', async () => {
    const { playbook } = await projectFolder({ 'config/nodes.yaml': NODES });
    const ran = await playbook('exec', '--nodes', 'gpu=h20', '--', 'echo', '$HOME', ';', 'exit');
    expect(ran.stdout).toBe('node1 │ $HOME ; exit\n');
  });

  it('exits with 1 where it failed, and says how', async () => {
    const { playbook } = await projectFolder({ 'config/nodes.yaml': NODES });
    const ran = await playbook('exec', '--nodes', 'node2', '--', 'exit 255');
    expect(ran.exitCode).toBe(1);
    expect(ran.stderr).toMatch(/node2 ✖ exited with status 255 after \d/);
    expect(ran.stderr).toContain('1 of 1 node failed: node2');
  });

  it('tells programs everything', async () => {
    const { playbook } = await projectFolder({ 'config/nodes.yaml': NODES });
    const ran = await playbook(
      'exec',
      '--nodes',
      'node*',
      '--format',
      'json',
      '--',
      'kill -s KILL $$',
    );
    expect(ran.exitCode).toBe(1);
    expect(JSON.parse(ran.stdout)).toMatchObject([
      { node: 'node1', succeeded: false, termination: 'signalled', signal: 'SIGKILL' },
      { node: 'node2', exit_code: null, stdout: '', problem: 'was ended by SIGKILL' },
    ]);
  });

  it('ends what takes too long', async () => {
    const { playbook } = await projectFolder({ 'config/nodes.yaml': NODES });
    const ran = await playbook('exec', '--timeout', '200ms', '--', 'sleep', '60');
    expect(ran.exitCode).toBe(1);
    expect(ran.stderr).toContain('node1 ✖ took too long and was ended');
  });

  it('exits with 3 where a node cannot be reached, and answers for the others', async () => {
    const { playbook } = await projectFolder({
      'config/nodes.yaml': `${NODES}  gone: { host: 127.0.0.1, port: 1 }\n`,
    });
    const ran = await playbook('exec', '--', 'echo', 'here');
    expect(ran.exitCode).toBe(3);
    expect(ran.stdout).toContain('node1 │ here');
    expect(ran.stderr).toMatch(/gone +✖ 127\.0\.0\.1:1 refused the connection/);
  });

  it('keeps a secret of the configuration out of the output', async () => {
    const { playbook } = await projectFolder({
      'config/nodes.yaml': `${NODES}  p: { host: 10.0.0.1, password: 'hunter2-hunter2', enabled: false }\n`,
    });
    const ran = await playbook('exec', '--nodes', 'node1', '--', 'echo', 'it is hunter2-hunter2');
    expect(ran.stdout).toBe('node1 │ it is ***\n');
  });

  it('names the labels that there are where none matches', async () => {
    const { playbook } = await projectFolder({ 'config/nodes.yaml': NODES });
    const near = await playbook('exec', '--nodes', 'gpu=h2', '--', 'true');
    expect(near.exitCode).toBe(2);
    expect(near.stderr).toContain('did you mean `gpu=h20`?');
    const far = await playbook('exec', '--nodes', 'rack=b7', '--', 'true');
    expect(far.stderr).toContain('there are the labels: gpu=h20');
  });

  it('refuses a pattern that no node matches', async () => {
    const { playbook } = await projectFolder({ 'config/nodes.yaml': NODES });
    const ran = await playbook('exec', '--nodes', 'nod1', '--', 'true');
    expect(ran.exitCode).toBe(2);
    expect(ran.stderr).toContain('did you mean `node1`?');
  });
});
