import { describe, expect, it, onTestFinished } from 'vitest';

import { expectExit } from '../support/project-folder.js';
import { type LabNode, labNode, labSkipReason, onNode } from './support/lab.js';
import { busybox, labProject, labScenario } from './support/lab-project.js';

const skipReason = labSkipReason(3);
const NODE = 'node3';
/** What a container leaves that runs as root, in folders and with modes that nobody else can change. */
const WRITE_AS_ROOT = `mkdir -p /data/cache/deep && echo x >/data/cache/deep/model && chmod 700 /data/cache
ln -s / /data/cache/deep/root; echo written; exec sleep 600`;

/** Lets the user `bench` use docker until the test is over. */
async function letBenchUseDocker(node: LabNode): Promise<void> {
  const asRoot = async (...argv: string[]) => {
    const done = await onNode(node, argv);
    if (done.exitCode !== 0) throw new Error(`${argv.join(' ')}: ${done.stderr}`);
  };
  onTestFinished(() => asRoot('gpasswd', '-d', 'bench', 'docker'));
  await asRoot('gpasswd', '-a', 'bench', 'docker');
}

const asBench = { username: 'bench', docker_compose_path: '~/work', results_path: '~/results' };

async function ofBench(node: LabNode): Promise<string> {
  const found = await onNode(node, ['sh', '-c', 'ls -A /home/bench/work /home/bench/results']);
  return found.stdout.replaceAll(/^\/home.*:$|\n/gm, '');
}

describe.skipIf(skipReason !== null)(
  `a login that may use docker and is not root${skipReason === null ? '' : `: ${skipReason}`}`,
  () => {
    it('is left nothing of what containers have written as root, by a run and by whoever cleans up after one', async () => {
      const node = labNode(NODE);
      await letBenchUseDocker(node);
      const project = await labProject({
        nodes: { [NODE]: asBench },
        files: labScenario('001_writes', {
          metadata: {
            deployment: {
              services: [
                { name: 'engine', node: NODE, health_check: { type: 'log', pattern: '^written' } },
              ],
            },
            test_execution: { node: NODE, result_paths: ['out/'] },
          },
          services: { engine: busybox(WRITE_AS_ROOT, { volumes: ['./data:/data'] }) },
          script: 'echo 17 >out/figure; [ -z "$WAITS" ] || exec sleep 60',
        }),
      });
      const ran = await project.run('writes');
      expectExit(ran, 0);
      const told = ran.events.flatMap((event) => (event.type === 'warning' ? event.message : []));
      expect(told.join('\n')).not.toMatch(/force|left behind/);
      expect(await ofBench(node)).toBe('');

      await project.write({
        'scenarios/001_writes/run_test.sh': '#!/bin/sh\nexec sleep 60\n',
      });
      const killed = project.start(['run', 'writes', '--reporter', 'json']);
      await killed.event(({ type }) => type === 'script_started');
      killed.child.kill('SIGKILL');
      await killed.finished;
      expect(await ofBench(node)).toMatch(/^playbook-/);
      expectExit(await project.playbook('cleanup'), 0);
      expect(await ofBench(node)).toBe('');
      const containers = await onNode(node, [
        'docker',
        'ps',
        '-aq',
        '--filter',
        'label=playbook.run',
      ]);
      expect(containers.stdout).toBe('');
    });

    it('is enough for hooks, on nodes of the scenario and on one that only they name', async () => {
      const project = await labProject({
        nodes: { node2: { ...asBench, username: 'fish' } },
        defaults: {
          hooks: {
            before_suite: { run: 'echo "suite on $(hostname) with $SCENARIO_NODES"', node: 'all' },
            after_suite: { run: 'cat hooks/name.sh', node: 'controller' },
          },
        },
        files: {
          'hooks/name.sh': '#!/bin/sh\necho "$SCENARIO_NAME on $(hostname) as $(id -un): $1"\n',
          ...labScenario('001_hooked', {
            metadata: {
              deployment: { node: NODE },
              test_execution: { node: NODE },
              hooks: {
                // Not even docker could be used there.
                after_ready: { run: 'hooks/name.sh early', node: 'node2' },
                after_scenario: { run: 'hooks/name.sh late', node: 'node1', on_error: 'fail' },
              },
            },
          }),
        },
      });
      const ran = await project.run('hooked');
      expectExit(ran, 0);
      const said = ran.events.flatMap((event) =>
        event.type === 'hook_finished' ? [[event.point, event.node, ...event.output]] : [],
      );
      expect(said).toEqual([
        ['before_suite', NODE, `suite on ${NODE} with ${NODE}`],
        ['after_ready', 'node2', 'hooked on node2 as fish: early'],
        ['after_scenario', 'node1', 'hooked on node1 as root: late'],
        ['after_suite', 'controller', '#!/bin/sh', expect.stringContaining('SCENARIO_NAME')],
      ]);
      for (const name of ['node1', 'node2', NODE]) {
        const left = await onNode(labNode(name), [
          'sh',
          '-c',
          'ls -d /tmp/playbook /opt/inference/* /home/*/work/*',
        ]);
        expect(left.stdout).toBe('');
      }
    });
  },
);
