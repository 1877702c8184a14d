import { createHash, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';

import { afterEach, describe, expect, it } from 'vitest';

import {
  type LAB_USERS,
  labNode,
  labNodes,
  labSkipReason,
  onNode,
  startSshd,
  stopSshd,
} from '../support/lab.js';
import { labProject, labScenario } from '../support/lab-project.js';
import { expectExit } from '../../support/project-folder.js';
import { tracesOf } from '../support/traces.js';

const skipReason = labSkipReason(3);

/** The lab's nodes, and what node3 is called by another of its users, who needs no docker. */
const asUserOfNode3 = (user: keyof typeof LAB_USERS) => ({
  node1: null,
  node2: null,
  node3: {
    username: user,
    runtime: 'process',
    docker_compose_path: 'work',
    results_path: 'results',
    keepalive_interval: 1,
  },
});

describe.skipIf(skipReason !== null)(
  `over ssh${skipReason === null ? '' : `: ${skipReason}`}`,
  () => {
    const endSessionsOf = (user: string) =>
      onNode(labNode('node3'), ['pkill', '-KILL', '-u', user, '-x', 'sshd']);

    describe('a restart of sshd', () => {
      afterEach(() => startSshd(labNode('node3')));

      it('between two scenarios is not noticed', async () => {
        const script = 'echo "$SCENARIO_NAME" >"$SCENARIO_RESULT_PATH/name"';
        const metadata = { test_execution: { node: 'node3', result_paths: ['results/'] } };
        const project = await labProject({
          nodes: asUserOfNode3('bench'),
          files: {
            'config/scenarios.yaml': 'inter_scenario: { wait_between_scenarios: 2s }\n',
            ...labScenario('001_first', { metadata, script }),
            ...labScenario('002_second', { metadata, script }),
          },
        });
        const run = project.start(['run', '--all', '--reporter', 'json']);
        await run.event(({ type }) => type === 'waiting');
        await stopSshd(labNode('node3'));
        await endSessionsOf('bench');
        await startSshd(labNode('node3'));
        expectExit(await run.finished, 0);
        expect((await project.events()).filter(({ type }) => type === 'warning')).toEqual([]);
        for (const name of ['first', 'second']) {
          expect(await project.resultFile(`${name}/test_artifacts/results/name`)).toBe(`${name}\n`);
        }
        expect(await tracesOf(await project.runId())).toEqual([]);
      });
    });

    it.each(['fish', 'noisy', 'bench'] as const)(
      'the login shell of %s changes neither values nor answers',
      async (user) => {
        const value = 'P@$$w0rd \'single\' "double" `touch x` $(touch y) \\ ; # two\nlines';
        const show = `printf '%s' "$VALUE" >"$SCENARIO_RESULT_PATH/value"; pwd; cat; ls`;
        const project = await labProject({
          nodes: asUserOfNode3(user),
          files: labScenario('001_shell', {
            metadata: {
              deployment: {
                node: 'node3',
                services: [{ name: 'engine', health_check: { type: 'log', pattern: '^up' } }],
              },
              test_execution: {
                node: 'node3',
                result_paths: ['results/', "odd name's*"],
                env: { VALUE: value },
              },
            },
            services: {
              engine: {
                command: ['sh', '-c', 'echo "up <$$VALUE>"; exec sleep 600'],
                environment: { VALUE: value.replaceAll('$', '$$$$') },
              },
            },
            script: `${show}\ntouch "odd name's \\$(touch z)"`,
          }),
        });
        const ran = await project.run('shell');
        expectExit(ran, 0);
        const artifacts = 'shell/test_artifacts';
        expect(await project.resultFile(`${artifacts}/results/value`)).toBe(value);
        const [folder, ...files] = (await project.resultFile(`${artifacts}/test_stdout.log`))
          .trimEnd()
          .split('\n');
        expect(folder).toMatch(/^\/home\/\w+\/work\/playbook-.*\/shell$/);
        expect(files).toEqual(['docker-compose.yml', 'metadata.yaml', 'results', 'run_test.sh']);
        expect(await project.list(`results/latest/${artifacts}`)).toContain(
          "odd name's $(touch z)",
        );
        const log = await project.resultFile('shell/nodes/node3/services/engine.log');
        expect(log).toBe(`up <${value}>\n`);
        expect(await tracesOf(await project.runId())).toEqual([]);
      },
    );

    it('a connection that is lost half-way through an upload costs no more than time', async () => {
      const script = 'sha256sum model.bin >"$SCENARIO_RESULT_PATH/sum"; find .. -name "*.part"';
      const metadata = { test_execution: { node: 'node3', result_paths: ['results/'] } };
      const project = await labProject({
        nodes: asUserOfNode3('bench'),
        files: labScenario('001_model', { metadata, script }),
      });
      const model = randomBytes(96 * 1024 * 1024);
      await writeFile(path.join(project.root, 'scenarios/001_model/model.bin'), model);
      // As soon as half of it is there, and once only.
      const cut = onNode(labNode('node3'), [
        'sh',
        '-c',
        `for try in $(seq 20000); do
           [ -z "$(find /home/bench/work -name '*model*' -size +24M 2>/dev/null)" ] || break
         done
         pkill -KILL -u bench -x sshd`,
      ]);
      const ran = await project.run('model');
      expect(await cut).toMatchObject({ exitCode: 0 });
      expectExit(ran, 0);
      expect(ran.events).toContainEqual(
        expect.objectContaining({
          type: 'warning',
          node: 'node3',
          message: expect.stringContaining('sent again') as string,
        }),
      );
      const sum = createHash('sha256').update(model).digest('hex');
      expect(await project.resultFile('model/test_artifacts/results/sum')).toBe(
        `${sum}  model.bin\n`,
      );
      expect(await project.resultFile('model/test_artifacts/test_stdout.log')).toBe('');
      expect(await tracesOf(await project.runId())).toEqual([]);
    });

    it('playbook exec reaches all nodes whatever the shells of their users are', async () => {
      const users = ['root', 'bench', 'fish', 'noisy'] as const;
      const project = await labProject({
        nodes: Object.fromEntries(
          labNodes().flatMap(({ name, host }) =>
            users.map((username) => [
              username === 'root' ? name : `${name}-${username}`,
              {
                ...{ host, username, private_key_path: 'key', known_hosts: 'known_hosts' },
                runtime: 'process',
              },
            ]),
          ),
        ),
      });
      const ran = await project.playbook(
        'exec',
        '--format',
        'json',
        '--',
        'printf',
        '%s',
        '$(id) \'"',
      );
      expectExit(ran, 0);
      const answers = JSON.parse(ran.stdout) as { stdout: string }[];
      expect(answers).toHaveLength(labNodes().length * users.length);
      expect(new Set(answers.map(({ stdout }) => stdout))).toEqual(new Set(['$(id) \'"']));
    });
  },
);
