import { describe, expect, it, onTestFinished } from 'vitest';

import type { StampedEvent } from '../../../src/model/event.js';
import { type LabNode, labNode, labSkipReason, onNode } from '../support/lab.js';
import { busybox, labProject, labScenario } from '../support/lab-project.js';
import { expectExit } from '../../support/project-folder.js';
import { tracesOf } from '../support/traces.js';

const skipReason = labSkipReason(3);

let strangers = 0;

/** A container that is none of ours, removed when the test is over. */
async function startStranger(node: LabNode, ...options: string[]): Promise<string> {
  strangers += 1;
  const name = `stranger-${process.pid}-${strangers}`;
  onTestFinished(async () => {
    await docker(node, 'rm', '-f', name);
  });
  await docker(
    node,
    'run',
    '-d',
    '--init',
    '--name',
    name,
    ...options,
    'lab/busybox:1',
    'sleep',
    '600',
  );
  return name;
}

async function docker(node: LabNode, ...args: string[]): Promise<string> {
  const ran = await onNode(node, ['docker', ...args]);
  if (ran.exitCode !== 0) throw new Error(`docker ${args.join(' ')}: ${ran.stderr}`);
  return ran.stdout.trim();
}

const isRunning = async (node: LabNode, container: string) =>
  (await docker(node, 'inspect', '--format', '{{.State.Running}}', container)) === 'true';

describe.skipIf(skipReason !== null)(
  `a service${skipReason === null ? '' : `: ${skipReason}`}`,
  () => {
    it('that exits at once fails at once, with its last lines', async () => {
      const node = 'node1';
      const project = await labProject({
        files: labScenario('001_broken', {
          metadata: {
            deployment: {
              services: [
                { name: 'engine', node, health_check: { type: 'tcp', port: 8000, timeout: '40s' } },
                { name: 'other', node: 'node3' },
                { name: 'client', node: 'node3', depends_on: ['engine'] },
              ],
            },
          },
          services: {
            // Docker has its own order of two streams that are written to in the same moment.
            engine: busybox('echo loading; sleep 0.3; echo "no such model" >&2; exit 7'),
            other: busybox('exec sleep 600'),
            client: busybox('exec sleep 600'),
          },
        }),
      });
      const ran = await project.run('broken');
      expect(ran.exitCode).toBe(1);
      const { failure } = await project.result('broken');
      expect(failure).toMatchObject({
        kind: 'service_exited',
        node,
        service: 'engine',
        message: expect.stringContaining('7') as string,
        output: ['loading', 'no such model'],
      });
      expect(ran.stderr).toContain('no such model');
      expect(secondsBetween(ran.events, 'service_started', 'service_failed')).toBeLessThan(10);
      expect(await project.resultFile(`broken/nodes/${node}/services/engine.log`)).toMatch(
        /no such model\n/,
      );
      expect(startsOf(ran.events)).not.toContain('client');
      expect(await tracesOf(await project.runId())).toEqual([]);
    });

    it('that never becomes healthy times out, its log is saved and it is removed', async () => {
      const project = await labProject({
        files: labScenario('001_sick', {
          metadata: {
            deployment: {
              services: [
                {
                  name: 'engine',
                  node: 'node2',
                  health_check: { type: 'container', timeout: '4s' },
                },
              ],
            },
          },
          services: {
            engine: busybox('echo waiting for a GPU; exec sleep 600', {
              healthcheck: { test: ['CMD', 'false'], interval: '1s', retries: 60 },
            }),
          },
        }),
      });
      const ran = await project.run('sick');
      expect(ran.exitCode).toBe(1);
      expect((await project.result('sick')).failure).toMatchObject({
        kind: 'service_not_ready',
        node: 'node2',
        service: 'engine',
        output: ['waiting for a GPU'],
      });
      expect(typesOf(ran.events)).not.toContain('script_started');
      expect(await project.resultFile('sick/nodes/node2/services/engine.log')).toContain('GPU\n');
      expect(await tracesOf(await project.runId())).toEqual([]);
    });

    it('that crashes during the benchmark fails the scenario, though the script exits 0', async () => {
      const node = 'node2';
      const project = await labProject({
        files: labScenario('001_crash', {
          metadata: {
            deployment: { services: [{ name: 'engine', node }] },
            test_execution: { node, result_paths: ['results/'] },
          },
          services: { engine: busybox('echo up; sleep 3; echo "out of slots"; exit 3') },
          // Ended early, it says that all is well.
          script: `trap 'exit 0' TERM; echo 1 >"$SCENARIO_RESULT_PATH/first"; sleep 30 & wait; exit 0`,
        }),
      });
      const ran = await project.run('crash');
      expect(ran.exitCode).toBe(1);
      const result = await project.result('crash');
      expect(result).toMatchObject({
        status: 'failed',
        failure: { kind: 'service_crashed', node, service: 'engine' },
      });
      expect(result.failure?.output.at(-1)).toBe('out of slots');
      expect(result.script?.duration_s).toBeLessThan(20);
      expect(await project.resultFile('crash/test_artifacts/results/first')).toBe('1\n');
      expect(await tracesOf(await project.runId())).toEqual([]);
    });

    it('that is one-shot and fails keeps what needs it from starting', async () => {
      const project = await labProject({
        files: labScenario('001_seeded', {
          metadata: {
            deployment: {
              services: [
                { name: 'seed', node: 'node1' },
                { name: 'store', node: 'node2' },
              ],
            },
          },
          services: {
            seed: busybox('echo "no space"; exit 5'),
            store: busybox('exec sleep 600', {
              depends_on: { seed: { condition: 'service_completed_successfully' } },
            }),
          },
        }),
      });
      const ran = await project.run('seeded');
      expect(ran.exitCode).toBe(1);
      expect(await project.result('seeded')).toMatchObject({
        status: 'failed',
        failure: { kind: 'service_exited', node: 'node1', service: 'seed', output: ['no space'] },
      });
      expect(startsOf(ran.events)).toEqual(['seed']);
      expect(await tracesOf(await project.runId())).toEqual([]);
    });

    it('whose port or name a stranger has fails by it, and the stranger goes on', async () => {
      const name = 'node2';
      const node = labNode(name);
      const port = 18_333;
      const holder = await startStranger(node, '-p', `${port}:80`);
      const namesake = await startStranger(node);
      const scenario = (directory: string, more: object) =>
        labScenario(directory, {
          metadata: {
            deployment: {
              node: name,
              services: [{ name: 'first' }, { name: 'engine', depends_on: ['first'] }],
            },
            service_health_check: { strategy: 'quick' },
          },
          services: { first: busybox('exec sleep 600'), engine: busybox('exec sleep 600', more) },
        });
      const project = await labProject({
        files: {
          ...scenario('001_port', { ports: [`${port}:8000`] }),
          ...scenario('002_name', { container_name: namesake }),
        },
      });
      const ran = await project.run('--all');
      expect(ran.exitCode).toBe(1);
      const { scenarios } = await project.suite();
      expect(scenarios).toMatchObject([
        { name: 'port', failure: { kind: 'port_taken', node: name, service: 'engine' } },
        { name: 'name', failure: { kind: 'name_taken', node: name } },
      ]);
      expect(scenarios[0]?.failure?.message).toContain(String(port));
      expect(scenarios[1]?.failure?.message).toContain(namesake);
      for (const stranger of [holder, namesake]) {
        expect(await isRunning(node, stranger)).toBe(true);
      }
      expect(await tracesOf(await project.runId())).toEqual([]);
    });

    it('20: whose network a stranger has joined is removed; the network is left, and the stranger named', async () => {
      const name = 'node1';
      const node = labNode(name);
      const stranger = await startStranger(node);
      const scenario = (directory: string) =>
        labScenario(directory, {
          metadata: {
            deployment: { services: [{ name: 'engine', node: name }] },
            test_execution: { result_paths: ['results/'] },
          },
          services: { engine: busybox('exec sleep 600', { volumes: ['data:/data'] }) },
          script:
            'echo begun; until [ -e go ]; do sleep 0.1; done; touch "$SCENARIO_RESULT_PATH/all"',
        });
      const project = await labProject({
        files: { ...scenario('001_joined'), ...scenario('002_after') },
      });
      const compose = 'scenarios/001_joined/docker-compose.yml';
      const services = JSON.parse(await project.read(compose)) as object;
      await project.write({ [compose]: JSON.stringify({ ...services, volumes: { data: {} } }) });
      const after = 'scenarios/002_after/docker-compose.yml';
      await project.write({ [after]: await project.read(compose) });

      const run = project.start(['run', '--all', '--reporter', 'json']);
      const begun = await run.event(({ type }) => type === 'script_output');
      expect(begun).toMatchObject({ text: 'begun\n' });
      const id = (await run.event(({ type }) => type === 'suite_started')) as { run?: string };
      const mine = ['--filter', `label=playbook.run=${id.run}`];
      const network = await docker(node, 'network', 'ls', '-q', ...mine);
      await docker(node, 'network', 'connect', network, stranger);
      onTestFinished(async () => {
        await docker(node, 'network', 'disconnect', '-f', network, stranger);
        await docker(node, 'network', 'rm', network);
      });
      const [working = ''] = await project.list('.playbook/work');
      await project.write({
        [`.playbook/work/${working.split('/').slice(0, 2).join('/')}/go`]: '',
      });

      expectExit(await run.finished, 4);
      const { scenarios } = await project.suite();
      expect(scenarios).toMatchObject([
        { name: 'joined', status: 'failed', failure: { kind: 'left_behind', node: name } },
        {
          name: 'after',
          status: 'skipped',
          reason: `${name} is not clean after joined, and isolation.on_dirty is stop`,
        },
      ]);
      expect(scenarios[0]?.failure?.message).toMatch(
        new RegExp(`^still there after the scenario: network \\S+ \\(in use by ${stranger}\\)$`),
      );
      expect(await project.list('results/latest/joined/test_artifacts/results')).toEqual(['all']);
      expect(await isRunning(node, stranger)).toBe(true);
      expect(await tracesOf(id.run ?? '')).toEqual([`${name}: network ${network}`]);

      const again = await project.run('--all');
      expectExit(again, 4);
      expect(again.stderr).toContain(`(in use by ${stranger})`);
    });
  },
);

function typesOf(events: readonly StampedEvent[]): readonly string[] {
  return events.map(({ type }) => type);
}

function startsOf(events: readonly StampedEvent[]): readonly string[] {
  return events.flatMap((event) => (event.type === 'service_started' ? event.service : []));
}

function secondsBetween(
  events: readonly StampedEvent[],
  from: StampedEvent['type'],
  to: StampedEvent['type'],
): number {
  const at = (type: StampedEvent['type']) =>
    Date.parse(events.find((event) => event.type === type)?.at ?? '');
  return (at(to) - at(from)) / 1_000;
}
