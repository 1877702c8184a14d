import { describe, expect, it } from 'vitest';

import { labNode, labSkipReason, onNode } from './support/lab.js';
import { type Files, expectExit } from '../support/project-folder.js';
import { type LabProject, labProject } from './support/lab-project.js';
import { tracesOf } from './support/traces.js';

const skipReason = labSkipReason(3);

describe.skipIf(skipReason !== null)(
  `the lab's scenarios${skipReason === null ? '' : `: ${skipReason}`}`,
  () => {
    it.each([
      { directory: '101_llama_pair', scenario: 'llama_pair' },
      { directory: '102_llama_from_a_node', scenario: 'llama_from_a_node' },
    ])(
      '$scenario: two real engines on Compose V1 and V2 behind a router are measured',
      async ({ directory, scenario }) => {
        const project = await labProject({ shipped: [directory] });
        const ran = await project.run('--all');
        expectExit(ran, 0);

        const result = await project.result(scenario);
        expect(result).toMatchObject({ status: 'completed', failure: null, further_failures: [] });
        const [point] = result.metrics;
        expect(point).toMatchObject({
          source: 'playbook-bench',
          concurrency: 4,
          requests_completed: 32,
          requests_failed: 0,
          output_tokens: 512,
        });
        expect(point?.output_token_throughput).toBeGreaterThan(0);
        expect(point?.p99_ttft_ms).toBeGreaterThan(0);
        expect(await project.list(`results/latest/${scenario}`)).toEqual([
          'inputs.json',
          'nodes/node1/services/worker@node1.log',
          'nodes/node2/services/worker@node2.log',
          'nodes/node3/services/router.log',
          'performance_results.csv',
          'result_summary.json',
          expect.stringMatching(/^test_artifacts\/results\/bench-tiny-.*\.json$/),
          'test_artifacts/test_stderr.log',
          'test_artifacts/test_stdout.log',
          'test_metadata.json',
          'test_report.md',
        ]);
        for (const node of ['node1', 'node2']) {
          const log = await logOf(project, scenario, node, `worker@${node}`);
          // Both took their share of the load.
          expect(log).toContain('processing task');
        }
        expect(await tracesOf(await project.runId())).toEqual([]);
      },
    );

    it('initialisers: one-shot services on one node prepare what services on another need', async () => {
      const project = await labProject({ shipped: ['103_initialisers'] });
      const ran = await project.run('--all');
      expectExit(ran, 0);
      expect(await project.result('initialisers')).toMatchObject({ status: 'completed' });
      const ready = ran.events.flatMap((event) =>
        event.type === 'service_ready' ? event.service : [],
      );
      expect(ready).toEqual(['seed', 'store', 'register', 'api', 'watcher']);

      const artifacts = 'initialisers/test_artifacts';
      expect(await project.resultFile(`${artifacts}/results/greeting.txt`)).toBe(
        "P@$$w0rd and 'quotes'\nfrom a bind mount\n",
      );
      expect(await project.resultFile(`${artifacts}/notes-1.txt`)).toMatch(/^ran on ./);
      expect(await logOf(project, 'initialisers', 'node3', 'watcher')).toMatch(/ watching\n$/);

      const files = await project.list('results/latest/initialisers/nodes');
      expect(files.filter((file) => file.includes('/services/'))).toEqual([
        'node1/services/seed.log',
        'node1/services/store.log',
        'node2/services/api.log',
        'node2/services/register.log',
        'node3/services/watcher.log',
      ]);
      for (const node of ['node1', 'node2', 'node3']) {
        const system = `initialisers/nodes/${node}/system`;
        expect(files.filter((file) => file.startsWith(`${node}/system/`))).toEqual(
          ['df', 'dmesg', 'docker_info', 'free', 'nvidia_smi', 'ps', 'uname'].map(
            (name) => `${node}/system/${name}.txt`,
          ),
        );
        expect(await project.resultFile(`${system}/docker_info.txt`)).toContain(`Name: ${node}`);
        expect(await project.resultFile(`${system}/uname.txt`)).toContain(node);
      }
      expect(await tracesOf(await project.runId())).toEqual([]);
    });

    it.each([
      { node: 'node1', compose: 'docker-compose' },
      { node: 'node2', compose: 'docker compose' },
    ])(
      'values reach a container as `$compose` delivers them by hand',
      async ({ node, compose }) => {
        const project = await labProject({
          files: {
            'scenarios/001_values/metadata.yaml': JSON.stringify({
              name: 'values',
              deployment: { node },
              test_execution: { collection_mode: 'standard' },
            }),
            'scenarios/001_values/run_test.sh': '#!/bin/sh\n',
            ...filesBelow('scenarios/001_values', VALUES),
          },
        });
        expectExit(await project.run('values'), 0);
        const log = await logOf(project, 'values', node, 'show');
        const byHand = await runByHand(node, compose, VALUES, 'show');
        expect(log.replaceAll(/^\S+ /gm, '')).toBe(byHand);
        // Compose itself may read a value otherwise than it is written, but it runs nothing.
        expect(byHand).toContain('t   o   u   c   h');
        expect(byHand).toContain('t   w   o       w   o   r   d   s');
        expect(await tracesOf(await project.runId())).toEqual([]);
      },
    );
  },
);

const NAMES = ['PLAIN', 'QUOTED', 'COMMAND', 'DOUBLE', 'LINES', 'FROM_DOT_ENV', 'SUBSTITUTED'];

/** A one-shot service that shows what reached it, and one that waits for it. */
const VALUES: Files = {
  'docker-compose.yml': JSON.stringify({
    services: {
      show: {
        image: 'lab/busybox:1',
        command: [
          'sh',
          '-c',
          `{ printf '[%s]\\n' "$$@"; printf '<%s>\\n' ${NAMES.map((name) => `"$$${name}"`).join(' ')}; } | od -An -c`,
          'show',
          'P@$$$$w0rd',
          '$$(touch x)',
          '-rf',
          'it\'s "quoted"',
          'two\nlines',
        ],
        env_file: ['values.env'],
        environment: {
          LINES: 'two\nlines',
          FROM_DOT_ENV: '${SECRET}',
          SUBSTITUTED: '${NOT_SET:-two words}',
        },
      },
      after: {
        image: 'lab/busybox:1',
        init: true,
        command: ['sleep', '600'],
        depends_on: { show: { condition: 'service_completed_successfully' } },
      },
    },
  }),
  'values.env':
    'PLAIN=P@$$w0rd\nQUOTED=it\'s "quoted"\nCOMMAND=$(touch x)\nDOUBLE="two words"\n# COMMENT=1\n',
  '.env': "SECRET='P@$$w0rd `touch y`'\n",
};

function filesBelow(folder: string, files: Files): Files {
  return Object.fromEntries(
    Object.entries(files).map(([name, text]) => [`${folder}/${name}`, text]),
  );
}

/** What a service prints that compose itself runs in a folder with these files. */
async function runByHand(
  node: string,
  compose: string,
  files: Files,
  service: string,
): Promise<string> {
  const script = `
    folder=$(mktemp -d /tmp/by-hand-XXXXXX)
    cd "$folder"
    trap 'cd /; ${compose} -f "$folder/docker-compose.yml" down -v >/dev/null 2>&1; rm -rf "$folder"' EXIT
    while [ $# -gt 0 ]; do echo "$2" | base64 -d >"$1"; shift 2; done
    ${compose} run --rm -T ${service} 2>errors || { cat errors; exit 1; }`;
  const encoded = Object.entries(files).flatMap(([name, text]) => [
    name,
    Buffer.from(text).toString('base64'),
  ]);
  const ran = await onNode(labNode(node), ['sh', '-ec', script, 'sh', ...encoded]);
  expect(ran).toMatchObject({ exitCode: 0 });
  return ran.stdout;
}

/** The log of a service in the newest run. */
async function logOf(
  { resultFile }: LabProject,
  scenario: string,
  node: string,
  service: string,
): Promise<string> {
  return resultFile(`${scenario}/nodes/${node}/services/${service}.log`);
}
