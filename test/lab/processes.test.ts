import { randomUUID } from 'node:crypto';

import { describe, expect, it, onTestFinished } from 'vitest';

import { labNode, labNodes, labSkipReason, onNode } from './support/lab.js';
import { busybox, labProject, labScenario } from './support/lab-project.js';
import { expectExit } from '../support/project-folder.js';
import { tracesOf } from './support/traces.js';

const skipReason = labSkipReason(3);

interface Presence {
  readonly run: string;
  readonly node: string;
  readonly kind: string;
  readonly service: string | null;
  readonly state: string;
}

describe.skipIf(skipReason !== null)(
  `on real nodes${skipReason === null ? '' : `: ${skipReason}`}`,
  () => {
    it('services that are processes are brought up, measured and ended as containers are', async () => {
      const engine = 'playbook simulate-engine --host 0.0.0.0 --port 18100 --decode-ms 1';
      // It goes on until somebody has looked.
      const seen = `/tmp/seen-${randomUUID()}`;
      onTestFinished(async () => {
        await onNode(labNode('node3'), ['rm', '-f', seen]);
      });
      const project = await labProject({
        nodes: Object.fromEntries(labNodes().map(({ name }) => [name, { runtime: 'process' }])),
        files: {
          ...labScenario('001_graph', {
            metadata: {
              deployment: {
                services: [
                  { name: 'seed', node: 'node2' },
                  {
                    name: 'engine',
                    nodes: ['node1', 'node2'],
                    depends_on: ['seed'],
                    health_check: { type: 'http', url: 'http://{host}:18100/health', timeout: 30 },
                  },
                  {
                    name: 'watcher',
                    node: 'node3',
                    depends_on: ['engine'],
                    health_check: { type: 'log', pattern: '^watching' },
                  },
                ],
              },
              test_execution: { node: 'node3', result_paths: ['results/'] },
            },
            services: {
              seed: { command: 'sh -c "echo seeded"' },
              engine: {
                command: engine,
                depends_on: { seed: { condition: 'service_completed_successfully' } },
              },
              watcher: { command: ['sh', '-c', 'echo watching $$SCENARIO_NAME; exec sleep 600'] },
            },
            script: `playbook bench --base-url "http://$SCENARIO_HOST_NODE1:18100" --seed 1 --num-prompts 8 --input-len 8 --output-len 4 --max-concurrency 2 || exit
until [ -e ${seen} ]; do sleep 0.1; done`,
          }),
        },
      });
      const run = project.start(['run', 'graph', '--reporter', 'json']);
      await run.event(({ type }) => type === 'script_started');
      const { run: id } = (await run.event(({ type }) => type === 'suite_started')) as {
        run?: string;
      };
      const looked = await project.playbook('status', '--format', 'json');
      expectExit(looked, 0);
      await onNode(labNode('node3'), ['touch', seen]);
      const finished = await run.finished;
      expect(finished, finished.stdout).toMatchObject({ exitCode: 0, stderr: '' });

      const { running } = JSON.parse(looked.stdout) as { running: readonly Presence[] };
      const mine = running.filter((each) => each.run === id);
      expect(mine.map(({ node, service }) => `${node} ${service ?? '-'}`)).toEqual(
        expect.arrayContaining(['node1 engine@node1', 'node2 engine@node2', 'node3 watcher']),
      );
      expect(new Set(mine.map(({ state }) => state))).toEqual(new Set(['running']));
      const ready = (await project.events()).flatMap((event) =>
        event.type === 'service_ready' ? event.service : [],
      );
      expect(ready[0]).toBe('seed');
      expect(ready.at(-1)).toBe('watcher');
      const result = await project.result('graph');
      expect(result.metrics).toMatchObject([{ requests_completed: 8, requests_failed: 0 }]);
      expect(await project.resultFile('graph/nodes/node2/services/seed.log')).toBe('seeded\n');
      expect(await tracesOf(id ?? '')).toEqual([]);
    });

    it('playbook status shows the containers of a run that is under way', async () => {
      const project = await labProject({
        files: labScenario('001_long', {
          metadata: { deployment: { services: [{ name: 'engine', nodes: ['node1', 'node2'] }] } },
          services: { engine: busybox('exec sleep 600') },
          script: 'echo begun; exec sleep 60',
        }),
      });
      const run = project.start(['run', 'long', '--reporter', 'json']);
      await run.event(({ type }) => type === 'script_output');
      const { run: id } = (await run.event(({ type }) => type === 'suite_started')) as {
        run?: string;
      };
      const looked = await project.playbook('status', '--format', 'json');
      const table = await project.playbook('status');
      run.child.kill('SIGINT');
      expectExit(await run.finished, 130);

      const { running } = JSON.parse(looked.stdout) as { running: readonly Presence[] };
      const services = running.filter((each) => each.run === id && each.kind === 'container');
      expect(services).toMatchObject([
        { node: 'node1', service: 'engine@node1', state: 'running' },
        { node: 'node2', service: 'engine@node2', state: 'running' },
      ]);
      expect(table.stdout).toMatch(/node2 .*engine@node2 +in use +playbook-long-node2-/);
      expect(await tracesOf(id ?? '')).toEqual([]);
    });

    it('playbook health says what runs there and which compose, and what is wrong with a login', async () => {
      const project = await labProject({
        nodes: {
          'no-docker': {
            ...{ host: labNodes()[2]?.host, username: 'bench', runtime: 'docker' },
            ...{ private_key_path: 'key', known_hosts: 'known_hosts' },
          },
        },
      });
      const looked = await project.playbook('health', '--format', 'json');
      expect(looked.exitCode).toBe(3);
      const all = JSON.parse(looked.stdout) as { name: string; problems: string[] }[];
      const fit = all.filter(({ name }) => name !== 'no-docker');
      const noDocker = all.find(({ name }) => name === 'no-docker');
      expect(fit).toMatchObject(
        ['node1', 'node2', 'node3'].map((name) => ({ name, reachable: true, problems: [] })),
      );
      expect(noDocker).toMatchObject({ name: 'no-docker', reachable: true });
      expect(JSON.stringify(noDocker?.problems)).toMatch(/permission|docker group/);
      const table = await project.playbook('health');
      expect(table.stdout).toMatch(/node1 .*1\.29\.2/);
      expect(table.stdout).toMatch(/node2 .*2\.26\.1/);
    });

    it('playbook exec runs one command on all nodes, and fails where one of them does', async () => {
      const project = await labProject();
      const all = await project.playbook('exec', '--', 'hostname');
      expectExit(all, 0);
      expect(all.stdout.trim().split('\n').sort()).toEqual(
        labNodes().map(({ name }) => `${name} │ ${name}`),
      );
      const some = await project.playbook('exec', '--nodes', 'compose=v1', '--', 'docker compose');
      expect(some.stderr).toContain('node1');
      const failing = await project.playbook('exec', '--', 'test $(hostname) = node2');
      expect(failing.exitCode).toBe(1);
      expect(failing.stderr).toMatch(/2 of 3 nodes failed: node1, node3/);
    });
  },
);
