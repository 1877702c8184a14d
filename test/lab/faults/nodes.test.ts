import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';

import { afterEach, describe, expect, it } from 'vitest';

import {
  SMALL_FOLDER,
  cutNetwork,
  labNode,
  labNodes,
  labSkipReason,
  mendNetwork,
  onNode,
  startDocker,
  startSshd,
  stopDocker,
  stopSshd,
} from '../support/lab.js';
import { busybox, labProject, labScenario } from '../support/lab-project.js';
import { tracesOf } from '../support/traces.js';

const skipReason = labSkipReason(3);

/** Three services on three nodes. */
const SPREAD = labScenario('001_spread', {
  metadata: {
    deployment: {
      services: ['one', 'two', 'three'].map((name, index) => ({ name, node: `node${index + 1}` })),
    },
  },
  services: Object.fromEntries(
    ['one', 'two', 'three'].map((name) => [name, busybox(`echo ${name}; exec sleep 600`)]),
  ),
});

describe.skipIf(skipReason !== null)(
  `a node${skipReason === null ? '' : `: ${skipReason}`}`,
  () => {
    describe('that is not fit', () => {
      afterEach(async () => {
        await startSshd(labNode('node3'));
        await startDocker(labNode('node3'));
      });

      it('keeps anything from being deployed anywhere, and every trouble of every node is told', async () => {
        await stopSshd(labNode('node3'));
        const project = await labProject({
          nodes: { node2: { username: 'bench', docker_compose_path: 'work', results_path: null } },
          files: SPREAD,
        });
        const ran = await project.run('spread');
        expect(ran.exitCode).toBe(3);
        expect(await project.suite()).toMatchObject({
          status: 'failed',
          exit_code: 3,
          scenarios: [{ name: 'spread', attempts: 0, failure: { node: 'node2' } }],
        });
        expect(ran.stderr).toMatch(/node1: fit/);
        expect(ran.stderr).toMatch(/node2.*permission/i);
        expect(ran.stderr).toMatch(/node3.*refused/);
        expect(typesOf(ran.events)).not.toContain('scenario_started');
        expect(await tracesOf(await project.runId())).toEqual([]);
      });

      it('because its docker is stopped is found before anything is deployed', async () => {
        await stopDocker(labNode('node3'));
        const project = await labProject({ files: SPREAD });
        const ran = await project.run('spread');
        expect(ran.exitCode).toBe(3);
        expect(await project.suite()).toMatchObject({
          scenarios: [
            {
              failure: {
                kind: 'runtime_missing',
                node: 'node3',
                hint: expect.stringMatching(/docker/) as string,
              },
            },
          ],
        });
        expect(ran.stderr).toMatch(/service docker start|systemctl start docker/);
        expect(typesOf(ran.events)).not.toContain('scenario_started');
        await startDocker(labNode('node3'));
        expect(await tracesOf(await project.runId())).toEqual([]);
      });
    });

    describe('that dies during the benchmark', () => {
      afterEach(async () => {
        await mendNetwork(labNode('node3'));
        const remove = `
          docker ps -aq --filter label=playbook.scenario=spread-cut | xargs -r docker rm -f
          docker network ls -q --filter label=playbook.scenario=spread-cut | xargs -r docker network rm
          for folder in /opt/inference/playbook-*/spread-cut; do rm -rf "\${folder%/*}"; done`;
        await Promise.all(labNodes().map((node) => onNode(node, ['sh', '-c', remove])));
      });

      it('is left as it is, the others are collected and cleaned, and what is left is said', async () => {
        const services = Object.fromEntries(
          ['one', 'two', 'three'].map((name) => [name, busybox(`echo ${name}; exec sleep 600`)]),
        );
        const project = await labProject({
          nodes: { node3: { keepalive_interval: 1 } },
          files: labScenario('001_spread-cut', {
            metadata: {
              test_execution: { result_paths: ['results/'] },
              deployment: {
                services: ['one', 'two', 'three'].map((name, index) => ({
                  name,
                  node: `node${index + 1}`,
                })),
              },
            },
            services,
            script: 'echo 17 >"$SCENARIO_RESULT_PATH/partial"; echo begun; sleep 300',
          }),
        });
        const run = project.start(['run', 'spread-cut', '--reporter', 'json']);
        await run.event(({ type }) => type === 'script_output');
        await cutNetwork(labNode('node3'));
        const { exitCode, stderr } = await run.finished;
        expect(exitCode).toBe(4);

        const { failure, further_failures, status } = await project.result('spread-cut');
        expect(status).toBe('failed');
        expect(failure).toMatchObject({ node: 'node3', kind: 'connection_lost', service: 'three' });
        expect(failure?.message).toMatch(/lost|answer/);
        const left = further_failures.filter(({ kind }) => kind === 'left_behind');
        expect(left).not.toEqual([]);
        expect(new Set(left.map(({ node }) => node))).toEqual(new Set(['node3']));
        expect(stderr).toBe('');
        // Whoever reads no file hears of it, too.
        const warned = (await project.events()).flatMap((event) =>
          event.type === 'warning' && event.node === 'node3' ? event.message : [],
        );
        for (const { message } of left) {
          expect(warned).toContainEqual(expect.stringContaining(message));
        }
        expect(await project.resultFile('spread-cut/test_artifacts/results/partial')).toBe('17\n');
        for (const [node, name] of [
          ['node1', 'one'],
          ['node2', 'two'],
        ]) {
          const log = await project.resultFile(`spread-cut/nodes/${node}/services/${name}.log`);
          expect(log).toMatch(new RegExp(` ${name}\\n$`));
        }

        const run_ = await project.runId();
        expect(await tracesOf(run_, [labNode('node1'), labNode('node2')])).toEqual([]);
        await mendNetwork(labNode('node3'));
        const traces = await tracesOf(run_, [labNode('node3')]);
        expect(traces).toContainEqual(expect.stringMatching(/^node3: container /));
        const looked = await project.playbook('status', '--format', 'json');
        const { running } = JSON.parse(looked.stdout) as { running: { run: string }[] };
        expect(running.filter((each) => each.run === run_)).toContainEqual(
          expect.objectContaining({ node: 'node3', service: 'three', state: 'leftover' }),
        );
      });
    });

    describe('that is full', () => {
      afterEach(async () => {
        await onNode(labNode('node3'), ['sh', '-c', `rm -rf ${SMALL_FOLDER}/playbook-*`]);
      });

      const full = async (strategy: string) => {
        const project = await labProject({
          nodes: { node3: { docker_compose_path: SMALL_FOLDER, runtime: 'process' } },
          defaults: { service_health_check: { strategy, min_free_disk: '1MB' } },
          files: labScenario('001_big', {
            metadata: { deployment: { node: 'node3', services: [{ name: 'engine' }] } },
            services: { engine: { command: 'sleep 600' } },
          }),
        });
        const file = path.join(project.root, 'scenarios/001_big/model.bin');
        await writeFile(file, randomBytes(12 * 1024 * 1024));
        return project;
      };

      it('is found out before anything is sent', async () => {
        const project = await full('standard');
        const ran = await project.run('big');
        expect(ran.exitCode).toBe(3);
        expect(await project.suite()).toMatchObject({
          scenarios: [{ attempts: 0, failure: { kind: 'disk_full', node: 'node3' } }],
        });
        expect(await tracesOf(await project.runId())).toEqual([]);
      });

      it('while the files are sent ends the scenario, and what was sent is removed', async () => {
        const project = await full('quick');
        const ran = await project.run('big');
        expect(ran.exitCode).toBe(3);
        expect(await project.suite()).toMatchObject({
          scenarios: [{ attempts: 1, failure: { kind: 'disk_full', node: 'node3' } }],
        });
        // It would be full the next time, too.
        expect(ran.events.filter(({ type }) => type === 'warning')).toEqual([]);
        expect(typesOf(ran.events)).not.toContain('service_started');
        expect(await tracesOf(await project.runId())).toEqual([]);
        expect((await onNode(labNode('node3'), ['ls', '-A', SMALL_FOLDER])).stdout).toBe('');
      });
    });
  },
);

function typesOf(events: readonly { readonly type: string }[]): readonly string[] {
  return events.map(({ type }) => type);
}
