import path from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { formatDateTime } from '../../src/report/text/time.js';
import { type ProjectFolder, projectFolder, scenarioFiles } from '../support/project-folder.js';
import { makeTempFolder } from '../support/temp-folder.js';

interface Lock {
  readonly node: string;
  readonly holder: string;
  readonly run: string;
  readonly project: string;
  readonly since: string;
  readonly heartbeat_age_s: number;
  readonly state: string;
}

/** Two projects, of two people perhaps, whose node is one machine. */
async function openTwo(leaseTimeout: string) {
  const lockPath = path.join(await makeTempFolder(), 'lease');
  const open = (script: string) =>
    projectFolder({
      'config/nodes.yaml': `nodes:\n  node1: { transport: local, runtime: process, lock_path: ${lockPath} }\n`,
      'config/defaults.yaml': `lease_timeout: ${leaseTimeout}\nisolation: { foreign_load: 1000 }\n`,
      ...scenarioFiles('001_held', {
        metadata: 'test_execution: { node: node1 }',
        compose: 'services: { engine: { command: sleep 300 } }',
        script,
      }),
    });
  const [first, second] = await Promise.all([open('sleep 300'), open('true')]);
  const started = first.start(['run', 'held', '--reporter', 'json']);
  onTestFinished(() => void started.child.kill('SIGKILL'));
  await started.event(({ type }) => type === 'script_started');
  const begun = await started.event(({ type }) => type === 'suite_started');
  const run = begun.type === 'suite_started' ? begun.run : '';
  return { first, second, started, run };
}

async function lockOf(project: ProjectFolder): Promise<Lock> {
  const { stdout } = await project.playbook('status', '--format', 'json');
  const { locks } = JSON.parse(stdout) as { readonly locks: readonly Lock[] };
  const lock = locks.find(({ node }) => node === 'node1');
  if (!lock) throw new Error(stdout);
  return lock;
}

describe('a node that a run of another project has', () => {
  it('is shown with who has it, since when, and when that was last heard of', async () => {
    const { first, second, started, run } = await openTwo('60s');
    const lock = await lockOf(second);
    expect(lock).toMatchObject({ run, project: first.root, state: 'held' });
    const sinceMs = Date.now() - Date.parse(lock.since);
    expect(sinceMs).toBeGreaterThan(0);
    expect(sinceMs).toBeLessThan(60_000);
    expect(lock.heartbeat_age_s).toBeLessThanOrEqual(21);
    const { stdout } = await second.playbook('status');
    const line = stdout.split('\n').find((each) => each.includes(lock.holder));
    const since = formatDateTime(lock.since);
    for (const part of ['node1', run, 'held', since]) expect(line).toContain(part);
    expect(line).toMatch(/\d+ s/);
    started.child.kill('SIGINT');
    await started.finished;
    expect((await second.playbook('run', 'held')).exitCode).toBe(0);
  });

  it('is free for the next run once it is unlocked with the holder’s id, and only then; its run says so, and exits 3', async () => {
    const { first, second, started, run } = await openTwo('3s');
    const refused = await second.playbook('run', 'held');
    expect(refused.exitCode).toBe(5);
    const { holder } = await lockOf(second);
    expect(refused.stderr + refused.stdout).toContain(`playbook unlock node1 --holder ${holder}`);
    const wrong = await second.playbook('unlock', 'node1', '--holder', 'nobody');
    expect(wrong.exitCode).toBe(5);
    expect(wrong.stderr).toContain(`node1 is not held by nobody, but by run ${run} of `);
    expect((await lockOf(second)).holder).toBe(holder);

    const unlocked = await second.playbook('unlock', 'node1', '--holder', holder);
    expect(unlocked.exitCode).toBe(0);
    expect(unlocked.stderr).toContain(`node1 is free; it was held by run ${run} of `);
    expect(unlocked.stderr).toContain('that run may be alive');
    const next = await second.playbook('run', 'held');
    expect(next.exitCode, next.stderr).toBe(0);

    const { exitCode, stderr } = await started.finished;
    expect(exitCode, stderr).toBe(3);
    expect(await first.suite()).toMatchObject({
      exit_code: 3,
      scenarios: [
        {
          status: 'failed',
          failure: {
            kind: 'lease_lost',
            node: 'node1',
            message: expect.stringContaining('its lease was lost') as string,
          },
        },
      ],
    });
    expect(await first.list('.playbook')).toEqual([]);
    const again = await second.playbook('unlock', 'node1', '--holder', holder);
    expect(again.exitCode).toBe(0);
    expect(again.stderr).toContain('node1 is free: nobody has it');
  });

  it('is free of all that a killed run has there once it is unlocked', async () => {
    const { first, second, started, run } = await openTwo('10m');
    started.child.kill('SIGKILL');
    await started.finished;
    const isLeft = async () => {
      const { stdout } = await second.playbook('status', '--format', 'json');
      const { running } = JSON.parse(stdout) as { readonly running: readonly { run: string }[] };
      return running.some((each) => each.run === run);
    };
    expect(await isLeft()).toBe(true);
    const refused = await second.playbook('run', 'held');
    expect(refused.exitCode).toBe(5);
    const { holder } = await lockOf(second);
    expect(refused.stderr + refused.stdout).toContain(
      'a holder that is dead loses it, with what it has left there, 10 min after its last sign of life, ' +
        `or at once with: playbook unlock node1 --holder ${holder}`,
    );

    const unlocked = await second.playbook('unlock', 'node1', '--holder', holder);
    expect(unlocked.exitCode, unlocked.stderr).toBe(0);
    expect(unlocked.stderr).toContain(`node1 is free; it was held by run ${run} of `);
    expect(unlocked.stderr).toMatch(/removed there: .*process \d+ \(sleep 300\)/);
    expect(unlocked.stderr).not.toContain('may be alive');
    expect(await isLeft()).toBe(false);
    expect((await second.playbook('run', 'held')).exitCode).toBe(0);
    expect((await first.playbook('cleanup')).exitCode).toBe(0);
  });

  it('goes on at once from a run of the same project that was killed, without unlocking it', async () => {
    const { first, started, run } = await openTwo('60s');
    started.child.kill('SIGKILL');
    await started.finished;
    await first.write({ 'scenarios/001_held/run_test.sh': '#!/bin/sh\ntrue\n' });
    const next = await first.playbook('run', 'held', '--reporter', 'plain');
    expect(next.exitCode, next.stderr).toBe(0);
    expect(next.stderr).toContain(`the lease of run ${run} of `);
    expect(next.stderr).toContain('was dead and was taken over');
    expect(await first.list('.playbook')).toEqual([]);
  });
});
