import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Started } from '../support/project-folder.js';
import {
  cutNetwork,
  type LabNode,
  labNode,
  labNodes,
  labSkipReason,
  mendNetwork,
  onNode,
} from './support/lab.js';
import { busybox, labProject, labScenario } from './support/lab-project.js';
import { tracesOf } from './support/traces.js';

const skipReason = labSkipReason(3);

/** A service under Compose V1, one under V2 and a process, and a script on the third node that says when it runs. */
const LONG = labScenario('001_long', {
  metadata: {
    deployment: {
      services: ['one', 'two', 'three'].map((name, index) => ({ name, node: `node${index + 1}` })),
    },
    test_execution: { node: 'node3', script: 'run_test.sh', timeout: 600 },
  },
  services: {
    ...Object.fromEntries(
      ['one', 'two'].map((name) => [name, busybox('exec sleep 600', { volumes: ['data:/data'] })]),
    ),
    three: { image: 'lab/busybox:1', command: ['sleep', '600'] },
  },
  script: "trap '' TERM; echo running; sleep 600",
});

const QUICK = labScenario('002_quick', {
  metadata: { test_execution: { node: 'node1', script: 'run_test.sh' } },
});

const NODES = { node3: { runtime: 'process' } };
const SHORT = { lease_timeout: '6s', isolation: { foreign_load: 1000 } };

/** What is in the lease's folder of a node: past sshd, as root there. */
async function lockFiles(node: LabNode): Promise<readonly string[]> {
  const { stdout } = await onNode(node, [
    'sh',
    '-c',
    'cd /tmp/playbook 2>/dev/null && find . -type f',
  ]);
  return stdout.split('\n').filter((line) => line !== '');
}

async function watchdogs(node: LabNode): Promise<string> {
  const { stdout } = await onNode(node, [
    'sh',
    '-c',
    'ps -e -o args | grep "^/bin/sh -s watc[h]" || :',
  ]);
  return stdout;
}

async function until(isSo: () => Promise<boolean>, limitMs = 30_000): Promise<void> {
  const giveUpAt = Date.now() + limitMs;
  while (!(await isSo())) {
    if (Date.now() > giveUpAt) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

const isScript = (event: { readonly type: string }) => event.type === 'script_output';

describe.skipIf(skipReason !== null)(
  `a run that dies${skipReason === null ? '' : `: ${skipReason}`}`,
  () => {
    const forgetNotes = async () => {
      for (const node of labNodes()) await onNode(node, ['rm', '-rf', '/tmp/playbook/notes']);
    };
    beforeEach(forgetNotes);
    afterEach(async () => {
      await mendNetwork(labNode('node2'));
      await forgetNotes();
      for (const node of labNodes()) await onNode(node, ['sh', '-c', 'rmdir /tmp/playbook || :']);
    });

    it('is removed by the watchdogs of its nodes, and the next run tells what they did', async () => {
      const project = await labProject({
        files: { ...withVolume(LONG), ...QUICK },
        nodes: NODES,
        defaults: SHORT,
      });
      const started = project.start(['run', 'long', '--reporter', 'json']);
      await started.event(isScript);
      const run = await nameOf(started);
      expect((await tracesOf(run)).length).toBeGreaterThan(8);
      started.child.kill('SIGKILL');
      await started.finished;

      await until(async () => (await tracesOf(run)).length === 0);
      expect(await tracesOf(run)).toEqual([]);
      const nodes = labNodes().slice(0, 3);
      await until(async () =>
        (await Promise.all(nodes.map(watchdogs))).every((text) => text === ''),
      );
      for (const node of nodes) {
        expect(await watchdogs(node)).toBe('');
        expect(await lockFiles(node)).toEqual([expect.stringContaining(`./notes/${run}-`)]);
      }

      const next = await project.run('quick', '--reporter', 'plain');
      expect(next.exitCode, next.stderr).toBe(0);
      expect(next.stderr).toMatch(
        new RegExp(`node1.*run ${run} was not heard of for \\d+ s, and its watchdog cleaned up`),
      );
      expect(next.stderr).toMatch(/removed .*container .*network .*folder/);
      // Recovery has collected those of the other nodes, too.
      for (const node of nodes) expect(await lockFiles(node)).toEqual([]);
      const status = JSON.parse((await project.playbook('status', '--format', 'json')).stdout) as {
        locks: unknown[];
        notes: unknown[];
      };
      expect(status).toMatchObject({ locks: [], notes: [] });
    });

    it('for one node, as its network is cut, is removed there; here its scenario ends and says why', async () => {
      const node = labNode('node2');
      const project = await labProject({
        files: withVolume(LONG),
        nodes: { ...NODES, node2: { keepalive_interval: 1 } },
        defaults: SHORT,
      });
      const started = project.start(['run', 'long', '--reporter', 'json']);
      await started.event(isScript);
      const run = await nameOf(started);
      await cutNetwork(node);
      await started.event(
        (event) => event.type === 'warning' && event.message.includes('its lease was lost'),
      );
      await until(async () => (await tracesOf(run, [node])).length === 0);
      expect(await tracesOf(run, [node])).toEqual([]);
      await mendNetwork(node);
      const { exitCode } = await started.finished;
      expect([3, 4]).toContain(exitCode);
      const { scenarios } = await project.suite();
      expect(scenarios[0]?.failure).toMatchObject({ kind: 'lease_lost', node: 'node2' });
      expect(await tracesOf(run)).toEqual([]);
    });

    it('or lives keeps others away, who exit 5 and name it, or wait, and take over once it is dead (32)', async () => {
      const parts = { nodes: NODES, defaults: SHORT };
      const first = await labProject({ ...parts, files: withVolume(LONG) });
      const second = await labProject({ ...parts, files: QUICK });
      const started = first.start(['run', 'long', '--reporter', 'json']);
      await started.event(isScript);
      const run = await nameOf(started);

      const refused = await second.run('quick', '--reporter', 'plain');
      expect(refused.exitCode, refused.stderr).toBe(5);
      expect(refused.stderr).toContain(`node1: it is held by run ${run} of `);
      expect(await second.suite()).toMatchObject({
        exit_code: 5,
        scenarios: [{ failure: { kind: 'locked', node: 'node1' } }],
      });
      const status = JSON.parse((await second.playbook('status', '--format', 'json')).stdout) as {
        locks: { node: string; holder: string; run: string; project: string; state: string }[];
      };
      const lock = status.locks.find(({ node }) => node === 'node1');
      expect(lock).toMatchObject({ run, project: first.root, state: 'held' });
      const wrong = await second.playbook('unlock', 'node1', '--holder', 'nobody');
      expect(wrong.exitCode).toBe(5);
      expect(wrong.stderr).toContain(`--holder ${lock?.holder}`);

      const waiting = second.start(['run', 'quick', '--wait-lock', '40s', '--reporter', 'json']);
      const told = await waiting.event(({ type }) => type === 'waiting');
      expect(told).toMatchObject({ reason: expect.stringContaining(`run ${run} of `) as string });
      started.child.kill('SIGKILL');
      const { exitCode, stderr } = await waiting.finished;
      expect(exitCode, stderr).toBe(0);
      await until(async () => (await tracesOf(run)).length === 0);
      expect(await tracesOf(run)).toEqual([]);
    });
  },
);

async function nameOf({ event }: Started): Promise<string> {
  const started = await event(({ type }) => type === 'suite_started');
  return started.type === 'suite_started' ? started.run : '';
}

/** The named volume that services of `labScenario` cannot declare by themselves. */
function withVolume(files: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const name = 'scenarios/001_long/docker-compose.yml';
  const compose = JSON.parse(files[name] ?? '{}') as object;
  return { ...files, [name]: JSON.stringify({ ...compose, volumes: { data: {} } }) };
}
