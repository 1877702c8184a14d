import { mkdir, readFile, readdir, readlink, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import type { StampedEvent } from '../../src/model/event.js';
import { expectExit, projectFolder, scenarioFiles } from '../support/project-folder.js';
import { makeTempFolder } from '../support/temp-folder.js';

const LOST = { kind: 'lease_lost', node: 'node1' };
/** As somebody does who breaks it by force; from a scenario's working folder, the project's root is not far. */
const breakLease = (node: string) =>
  `until [ -d .playbook ]; do cd ..; done; rm -rf .playbook/leases/${node}/lease`;

function warningsOf(events: readonly StampedEvent[]): string {
  return events
    .flatMap((event) => (event.type === 'warning' ? `${event.node ?? ''}: ${event.message}` : []))
    .join('\n');
}

describe('a node that was lost to others', () => {
  it('before its results were home fails the scenario, although the script exits 0 and nobody has noticed', async () => {
    const project = await projectFolder({
      ...scenarioFiles('001_script', {
        metadata: 'test_execution: { node: node1, result_paths: ["out/"] }\n',
        script: `echo 17 >out/figure\n${breakLease('node1')}`,
      }),
      ...scenarioFiles('002_hook', {
        metadata: `test_execution: { node: node1, result_paths: ["out/"] }
hooks: { after_benchmark: '${breakLease('node1')}' }
`,
        script: 'echo 17 >out/figure',
      }),
      ...scenarioFiles('003_whole', { metadata: 'test_execution: { node: node1 }\n' }),
    });
    expectExit(await project.playbook('run', '--all'), 3);
    expect(await project.suite()).toMatchObject({
      status: 'failed',
      scenarios: [
        { name: 'script', status: 'failed', failure: LOST },
        { name: 'hook', status: 'failed', failure: LOST },
        // The node was asked for again.
        { name: 'whole', status: 'completed', failure: null },
      ],
    });
    expect(await project.list('.playbook')).toEqual([]);
  });

  it('is no reason to take, or to empty, a directory for results that others may use by now', async () => {
    const outside = await makeTempFolder();
    const project = await projectFolder({
      ...scenarioFiles('001_lost', {
        metadata: `test_execution: { node: node1, result_paths: ["out/", "${outside}/"] }\n`,
        script: `echo 17 >out/figure\necho theirs >${outside}/theirs\n${breakLease('node1')}`,
      }),
    });
    expectExit(await project.playbook('run', '--all'), 3);
    expect(await readFile(path.join(outside, 'theirs'), 'utf8')).toBe('theirs\n');
    expect(await project.list('results/latest/lost/test_artifacts')).toEqual([
      'out/figure',
      'test_stderr.log',
      'test_stdout.log',
    ]);
    expect(warningsOf(await project.events())).toContain(
      `node1: what is in ${outside} is left alone: it may be somebody else's by now`,
    );
  });

  it('in the pause before another attempt is asked for again', async () => {
    const project = await projectFolder({
      ...scenarioFiles('001_again', {
        metadata: `test_execution: { node: node1 }
hooks: { after_scenario: '[ "$SCENARIO_ATTEMPT" = 2 ] || { ${breakLease('node1')}; }' }
retry_strategy: { scenario_level_retries: 1, retry_delay: 0 }
`,
        script: `[ "$SCENARIO_ATTEMPT" = 2 ] && until [ -d .playbook ]; do cd ..; done && test -d .playbook/leases/node1/lease`,
      }),
    });
    expectExit(await project.playbook('run', '--all'), 0);
    expect(await project.suite()).toMatchObject({
      scenarios: [{ status: 'completed', attempts: 2 }],
    });
  });
});

describe('a node that only a hook names', () => {
  const hooked = (hook: string) => ({
    'config/nodes.yaml': `nodes:
  node1: { transport: local, runtime: process }
  far: { transport: ssh, host: 127.0.0.1, port: 9, username: nobody, host_key: off }
  other: { transport: local, runtime: process }
`,
    ...scenarioFiles('001_test', {
      metadata: `deployment: { node: node1 }\ntest_execution: { node: node1 }\n${hook}`,
    }),
  });

  it('and that cannot be reached keeps anything from being deployed, where its hook would fail the scenario', async () => {
    const project = await projectFolder(
      hooked("hooks: { after_ready: { run: 'true', node: far } }\n"),
    );
    expectExit(await project.playbook('run', '--all'), 3);
    expect(await project.suite()).toMatchObject({
      scenarios: [{ status: 'failed', attempts: 0, failure: { kind: 'unreachable', node: 'far' } }],
    });
  });

  it('and that cannot be reached is worth a warning where its hook is', async () => {
    const project = await projectFolder(
      hooked("hooks: { after_scenario: { run: 'true', node: far } }\n"),
    );
    expectExit(await project.playbook('run', '--all'), 0);
    expect(warningsOf(await project.events())).toMatch(
      /far: set aside: hooks there fail, unless it answers by then/,
    );
  });

  it('is leased like any other, and kept by others who hold it', async () => {
    const isLeased =
      'until [ -d .playbook/leases ]; do cd ..; done; ls -d .playbook/leases/other/lease';
    const project = await projectFolder(
      hooked(`hooks: { after_ready: { run: '${isLeased}', node: other } }\n`),
    );
    expectExit(await project.playbook('run', '--all'), 0);
    const { run: good } = await project.suite();

    // Held by somebody who was heard of just now.
    const lease = path.join(project.root, '.playbook/leases/other/lease');
    await mkdir(path.join(lease, 'nodes'), { recursive: true });
    const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
    const [uptime] = (await readFile('/proc/uptime', 'utf8')).split('.');
    await writeFile(
      path.join(lease, 'holder'),
      `holder 4711\nrun 20260601_190409\ncontroller abcdef\nmachine desk\nuser ann\npid 1\nproject /home/ann\nsince now\nlease 900\nboot ${boot}\n`,
    );
    await writeFile(path.join(lease, 'beat'), `${uptime} 1\n`);
    await writeFile(
      path.join(lease, 'watchdog'),
      `${process.pid} ${await startOf(process.pid)} ${boot}\n`,
    );
    const refused = await project.playbook('run', '--all');
    expectExit(refused, 5);
    expect(refused.stderr + refused.stdout).toContain(
      'it is held by run 20260601_190409 of ann@desk',
    );
    expect(await readdir(path.join(project.root, '.playbook/leases'))).toEqual(['other']);
    const [newest] = JSON.parse(
      (await project.playbook('results', '--format', 'json')).stdout,
    ) as readonly { run: string; status: string }[];
    expect(newest?.status).toBe('skipped');
    expect(
      JSON.parse(await project.read(`results/${newest?.run}/suite_summary.json`)),
    ).toMatchObject({
      exit_code: 5,
      scenarios: [
        {
          ...{ status: 'skipped', attempts: 0, failure: { kind: 'locked', node: 'other' } },
          reason: expect.stringContaining('nothing was run: other: it is held by run') as string,
        },
      ],
    });
    // Who asks for the newest results means none that were never begun.
    expect(await readlink(path.join(project.root, 'results/latest'))).toBe(good);
    expect((await project.playbook('results', 'latest')).stdout).toContain(
      `Run ${good}: completed`,
    );
    // It has begun nothing that could be continued.
    const resumed = await project.playbook('run', '--resume');
    expectExit(resumed, 0);
    expect(resumed.stderr).toContain(
      `run ${newest?.run} was refused its nodes, and has begun nothing; those before have completed`,
    );
  });
});

/** When a process began, in clock ticks since the machine did. */
async function startOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}
