import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import type { NodeChecked, StampedEvent } from '../../src/model/event.js';
import { projectFolder, scenarioFiles } from '../support/project-folder.js';
import { type StandInDocker, makeStandInDocker } from '../support/stand-in-docker.js';
import { makeTempFolder } from '../support/temp-folder.js';

const HERE = 'here: { transport: local, runtime: process }';
const DOCK = 'dock: { transport: local, runtime: docker }';
const GONE = 'gone: { host: 127.0.0.1, port: 1, runtime: process }';

/** A scenario without services whose script runs on a node, which it therefore needs. */
function scenarioOn(node: string, directory: string, script = 'true', more = '') {
  return scenarioFiles(directory, {
    metadata: `test_execution: { node: ${node}, result_paths: [] }\n${more}`,
    script,
  });
}

const AUTO = 'service_health_check: { auto_recovery: true }\n';

function checksOf(events: readonly StampedEvent[]): readonly NodeChecked[] {
  return events.filter((event) => event.type === 'node_checked');
}

async function dockerInPath(): Promise<StandInDocker & { readonly folder: string }> {
  const folder = await makeTempFolder();
  return { ...(await makeStandInDocker(folder)), folder };
}

describe('before anything is deployed', () => {
  it('every problem of every node is told, and nothing is deployed anywhere', async () => {
    const docker = await dockerInPath();
    await docker.stop();
    const project = await projectFolder({
      'config/nodes.yaml': `nodes:\n  ${HERE}\n  ${GONE}\n  ${DOCK}\n`,
      ...scenarioOn('here', '001_fine', 'touch "$HOME/never"'),
      ...scenarioOn('gone', '002_far'),
      ...scenarioOn('dock', '003_contained'),
    });
    const started = project.start(['run', '--all'], { PATH: docker.path });
    const { exitCode, stderr } = await started.finished;
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/UNFIT gone: 127\.0\.0\.1:1 refused the connection/);
    expect(stderr).toMatch(/UNFIT dock: the docker daemon does not answer/);
    const { scenarios } = await project.suite();
    expect(scenarios).toMatchObject([
      {
        name: 'fine',
        status: 'skipped',
        reason: 'nothing was deployed: gone, dock cannot be used',
      },
      {
        name: 'far',
        status: 'failed',
        attempts: 0,
        failure: { kind: 'unreachable', node: 'gone' },
      },
      { name: 'contained', failure: { kind: 'runtime_missing', node: 'dock' } },
    ]);
    expect(existsSync(path.join(project.root, '.playbook/nodes'))).toBe(false);
  });

  it('what was found is an event, and stays with the results', async () => {
    const project = await projectFolder(scenarioOn('node1', '001_one'));
    expect((await project.playbook('run', 'one')).exitCode).toBe(0);
    const checks = checksOf(await project.events());
    expect(checks).toMatchObject([
      { node: 'node1', status: 'ok', strategy: 'standard', failures: [], images: [] },
    ]);
    const metadata = JSON.parse(await project.resultFile('one/test_metadata.json')) as {
      nodes: { name: string; facts: object }[];
    };
    expect(metadata.nodes).toMatchObject([{ name: 'node1', facts: checks[0]?.facts }]);
    expect(checks[0]?.facts?.cores).toBeGreaterThan(0);
  });

  it('a scenario that requires more than there is fails, and says what', async () => {
    const project = await projectFolder(
      scenarioOn('node1', '001_big', 'true', 'resource_requirements: { min_nodes: 3 }\n'),
    );
    expect((await project.playbook('run', 'big')).exitCode).toBe(3);
    expect((await project.suite()).scenarios).toMatchObject([
      {
        status: 'failed',
        failure: {
          kind: 'resources_missing',
          message: 'big needs 3 nodes, and only 1 is enabled',
        },
      },
    ]);
  });
});

describe('between scenarios', () => {
  it('a node that has died fails the scenarios that need it, and the others go on', async () => {
    const docker = await dockerInPath();
    const project = await projectFolder({
      'config/nodes.yaml': `nodes:\n  ${HERE}\n  ${DOCK}\n`,
      ...scenarioOn('dock', '001_killer', `rm '${docker.folder}/state/running'`),
      ...scenarioOn('dock', '002_victim'),
      ...scenarioOn('here', '003_bystander'),
    });
    const started = project.start(['run', '--all'], { PATH: docker.path });
    expect((await started.finished).exitCode).toBe(3);
    expect((await project.suite()).scenarios).toMatchObject([
      { status: 'completed' },
      { status: 'failed', attempts: 0, failure: { kind: 'runtime_missing', node: 'dock' } },
      { status: 'completed' },
    ]);
  });
});

describe.skipIf(process.getuid?.() !== 0)('with auto_recovery', () => {
  it('a Docker that is stopped is started again, and the user is told', async () => {
    const docker = await dockerInPath();
    await docker.stop();
    const project = await projectFolder({
      'config/nodes.yaml': `nodes:\n  ${DOCK}\n`,
      ...scenarioOn('dock', '001_one', 'true', AUTO),
    });
    const started = project.start(['run', '--all'], { PATH: docker.path });
    const { exitCode, stderr } = await started.finished;
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/warning dock: docker did not answer: started again with `/);
    expect(checksOf(await project.events()).map(({ status }) => status)).toEqual(['failed', 'ok']);
  });

  it('a node that cannot be mended is set aside, asked again, and taken back when it answers', async () => {
    const docker = await dockerInPath();
    await docker.stop();
    const project = await projectFolder({
      'config/nodes.yaml': `nodes:\n  ${HERE}\n  ${DOCK}\n`,
      'config/defaults.yaml': AUTO,
      ...scenarioOn('dock', '001_first'),
      ...scenarioOn('here', '002_mender', `touch '${docker.folder}/state/running'`),
      ...scenarioOn('dock', '003_last'),
    });
    await writeFile(path.join(docker.folder, 'state/unstartable'), '');
    const started = project.start(['run', '--all'], { PATH: docker.path });
    const { exitCode, stderr } = await started.finished;
    expect(stderr).toMatch(/warning dock: set aside/);
    expect(stderr).toMatch(/warning dock: can be used again: taken back/);
    expect((await project.suite()).scenarios).toMatchObject([
      { status: 'failed', attempts: 0, failure: { kind: 'runtime_missing' } },
      { status: 'completed' },
      { status: 'completed' },
    ]);
    expect(exitCode).toBe(3);
  });
});
