import { describe, expect, it, onTestFinished } from 'vitest';

import { isAlive, projectFolder, scenarioFiles } from '../support/project-folder.js';

interface Status {
  readonly nodes: readonly { readonly name: string; readonly reachable: boolean | null }[];
  readonly running:
    | readonly {
        readonly kind: string;
        readonly service: string | null;
        readonly state: string;
        readonly run: string;
        readonly description: string;
      }[]
    | null;
}

const SCENARIO = scenarioFiles('001_long', {
  compose: 'services: { engine: { command: sleep 300 } }',
  script: 'sleep 300',
});

describe('playbook status', () => {
  it('shows what a run has on the nodes, and what it has left when it was killed', async () => {
    const project = await projectFolder(SCENARIO);
    const run = project.start(['run', 'long', '--reporter', 'json']);
    await run.event((event) => event.type === 'script_started');
    const { run: name } = (await run.event((event) => event.type === 'suite_started')) as {
      run: string;
    } & Awaited<ReturnType<typeof run.event>>;
    const look = async () => {
      const { stdout, exitCode } = await project.playbook('status', '--format', 'json');
      expect(exitCode).toBe(0);
      const { running } = JSON.parse(stdout) as Status;
      return (running ?? []).filter((each) => each.run === name);
    };
    const during = await look();
    const processes = during.flatMap(({ description }) =>
      Number(/^process (\d+)/.exec(description)?.[1] ?? []),
    );
    onTestFinished(() => {
      for (const pid of processes) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    });
    expect(during).toMatchObject([
      { kind: 'service', service: 'engine', state: 'running' },
      { kind: 'script', service: null, state: 'running' },
      { kind: 'folder', state: 'running' },
    ]);

    run.child.kill('SIGKILL');
    await run.finished;
    const after = await look();
    expect(after).toContainEqual(
      expect.objectContaining({ kind: 'service', service: 'engine', state: 'leftover' }),
    );
    expect(after).toContainEqual(expect.objectContaining({ kind: 'folder', state: 'leftover' }));
    const table = await project.playbook('status');
    expect(table.stdout).toMatch(/node1 +\S+ +long +engine +leftover +process \d+/);
    // Its process was one of this machine.
    expect(table.stdout).toMatch(/node1 +[0-9a-f]{8} .* over$/m);
  });

  it('shows what a run that is over has on nodes, also on those that do not answer', async () => {
    const project = await projectFolder(SCENARIO);
    const run = project.start(['run', 'long', '--reporter', 'json']);
    await run.event((event) => event.type === 'script_started');
    const held = async () => {
      const { stdout } = await project.playbook('status', '--offline', '--format', 'json');
      return (JSON.parse(stdout) as { held: readonly unknown[] }).held;
    };
    expect(await held()).toEqual([]);
    run.child.kill('SIGKILL');
    await run.finished;
    expect(await held()).toContainEqual(
      expect.objectContaining({ node: 'node1', what: 'service engine', kept_in: [] }),
    );
    const { stdout } = await project.playbook('status', '--offline');
    expect(stdout).toMatch(
      /node1 +\S+ +service engine +the next run, or playbook cleanup, removes it/,
    );
    expect((await project.playbook('cleanup')).exitCode).toBe(0);
    expect(await held()).toEqual([]);
  });

  it('says who does not answer, and asks nobody when it is told to', async () => {
    const project = await projectFolder({
      'config/nodes.yaml':
        'nodes:\n  here: { transport: local, runtime: process }\n  gone: { host: 127.0.0.1, port: 1 }\n',
    });
    const status = async (...args: string[]) => {
      const ran = await project.playbook('status', '--format', 'json', ...args);
      expect(ran.exitCode).toBe(0);
      return JSON.parse(ran.stdout) as Status;
    };
    expect((await status()).nodes).toMatchObject([
      { name: 'here', reachable: true },
      { name: 'gone', reachable: false, problems: ['127.0.0.1:1 refused the connection'] },
    ]);
    expect(await status('--offline')).toMatchObject({
      running: null,
      nodes: [{ reachable: null }, { reachable: null }],
    });
  });
});
