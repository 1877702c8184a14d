import { describe, expect, it, onTestFinished } from 'vitest';

import { labNode, labSkipReason, onNode } from './support/lab.js';
import { busybox, labProject, labScenario } from './support/lab-project.js';

const skipReason = labSkipReason(3);

async function docker(node: string, ...args: string[]): Promise<string> {
  const ran = await onNode(labNode(node), ['docker', ...args]);
  if (ran.exitCode !== 0) throw new Error(`docker ${args.join(' ')}: ${ran.stderr}`);
  return ran.stdout.trim();
}

describe.skipIf(skipReason !== null)(
  `a continued run${skipReason === null ? '' : `: ${skipReason}`}`,
  () => {
    it('runs a scenario again whose image is another one under the same name', async () => {
      const node = 'node3';
      const still = `lab/still-${process.pid}:latest`;
      const moving = `lab/moving-${process.pid}:latest`;
      onTestFinished(async () => {
        await docker(node, 'rmi', still, moving);
      });
      for (const tag of [still, moving]) await docker(node, 'tag', 'lab/busybox:1', tag);
      const scenario = (directory: string, image: string, script: string) =>
        labScenario(directory, {
          metadata: { deployment: { services: [{ name: 'engine', node }] } },
          services: { engine: busybox('sleep 600', { image }) },
          script,
        });
      const project = await labProject({
        files: {
          ...scenario('001_first', still, 'true'),
          ...scenario('002_second', moving, 'true'),
          ...scenario('003_failing', still, 'exit 3'),
        },
      });
      const first = await project.run('--all');
      expect(first.exitCode, first.stderr).toBe(1);
      const former = await project.runId();
      const recorded = JSON.parse(await project.resultFile('second/inputs.json')) as {
        images: readonly { node: string; image: string; id: string | null }[];
      };
      const id = await docker(node, 'image', 'inspect', '--format', '{{.Id}}', moving);
      expect(recorded.images).toEqual([{ node, image: moving, id }]);

      await docker(node, 'tag', 'lab/llama:1', moving);
      const run = await project.run('--resume');
      expect(run.exitCode, run.stderr).toBe(1);
      expect(run.events.find(({ type }) => type === 'suite_resumed')).toMatchObject({
        resumed_from: former,
        kept: [{ scenario: 'first' }],
        rerun: [
          {
            scenario: 'second',
            reasons: [
              expect.stringMatching(
                `^image ${moving} on ${node} is another one: [0-9a-f]{12} then, [0-9a-f]{12} now$`,
              ),
            ],
          },
          { scenario: 'failing' },
        ],
      });
    });
  },
);
