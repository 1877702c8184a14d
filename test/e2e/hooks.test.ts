import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import type { HookFinished } from '../../src/model/event.js';
import {
  expectExit,
  type Files,
  type ProjectFolder,
  projectFolder,
  scenarioFiles,
} from '../support/project-folder.js';

/** Appends what a hook sees to a file of the project. */
function note(root: string): string {
  return `#!/bin/sh
{ printf '%s %s ' "$PLAYBOOK_HOOK" "$PLAYBOOK_NODE"; tr -d '\\n'; echo; } >> '${root}/seen'
`;
}

interface Seen {
  readonly point: string;
  readonly node: string;
  readonly event: Readonly<Record<string, unknown>>;
}

async function seen(project: ProjectFolder): Promise<readonly Seen[]> {
  const lines = (await project.read('seen')).trim().split('\n');
  return lines.map((line) => {
    const [point = '', node = '', ...rest] = line.split(' ');
    return { point, node, event: JSON.parse(rest.join(' ')) as Seen['event'] };
  });
}

/** A project whose hooks all note what they see. */
async function projectWithHooks(points: readonly string[], files: Files) {
  const project = await projectFolder(files);
  await project.write(
    Object.fromEntries(points.map((point) => [`hooks/${point}.sh`, note(project.root)])),
  );
  return project;
}

const POINTS = [
  'before_suite',
  'before_scenario',
  'after_ready',
  'after_benchmark',
  'on_failure',
  'after_scenario',
  'after_suite',
];
const TWO_NODES = `nodes:
  node1: { transport: local, runtime: process }
  node2: { transport: local, runtime: process }
`;

async function finishedHooks(project: ProjectFolder): Promise<readonly HookFinished[]> {
  return (await project.events()).filter((event) => event.type === 'hook_finished');
}

describe('hooks', () => {
  it('are called at their points, here and on nodes, with what the test script has and what happened', async () => {
    const project = await projectWithHooks(POINTS, {
      'config/nodes.yaml': TWO_NODES,
      ...scenarioFiles('001_one', {
        metadata: `
deployment: { services: [{ name: a, node: node1 }, { name: b, node: node2 }] }
test_execution: { node: node1, result_paths: [out/] }
hooks:
  after_ready: { run: look.sh now, node: all }
  after_benchmark: { run: 'echo "$SCENARIO_RESULT_PATH"; echo more > "$SCENARIO_RESULT_PATH/more"', node: node1 }`,
        compose: 'services: { a: { command: sleep 600 }, b: { command: sleep 600 } }',
        script: 'echo result > out/result',
        more: {
          'look.sh':
            '#!/bin/sh\necho "$1 $SCENARIO_NAME $SCENARIO_NODES ${SCENARIO_RESULT_PATH:-none}"; pwd; [ "$PWD" = "$SCENARIO_PATH" ]\n',
        },
      }),
      ...scenarioFiles('002_two', { script: 'echo broken >&2; exit 7' }),
    });
    const run = await project.playbook('run', '--all');
    expectExit(run, 1);

    const calls = await seen(project);
    expect(calls.map(({ point, event }) => `${point} ${String(event['scenario'])}`)).toEqual([
      'before_suite null',
      'before_scenario one',
      'after_ready one',
      'after_benchmark one',
      'after_scenario one',
      'before_scenario two',
      'after_ready two',
      'after_benchmark two',
      'on_failure two',
      'after_scenario two',
      'after_suite null',
    ]);
    const results = path.join(project.root, 'results', (await project.suite()).run);
    expect(calls[4]?.event).toMatchObject({
      ...{ status: 'completed', failure: null, attempt: 1, nodes: ['node1', 'node2'] },
      results_path: path.join(results, 'one'),
    });
    const failure = { kind: 'script_failed', output: ['broken'] };
    expect(calls[8]?.event).toMatchObject({ status: 'failed', failure });
    expect(calls[9]?.event).toMatchObject({ status: 'failed', failure, max_attempts: 1 });
    expect(calls[10]?.event).toMatchObject({
      ...{ status: 'failed', exit_code: 1, failure, results_path: results },
      scenarios: [
        { name: 'one', status: 'completed' },
        { name: 'two', status: 'failed' },
      ],
    });

    const log = (node: string) => project.resultFile(`one/hooks/after_ready.${node}.log`);
    expect(await log('node1')).toMatch(
      /==> scenarios\/001_one\/look\.sh now \(after_ready\)\nnow one node1,node2 .*\/out\n.*nodes\/node1\/.*\/one\n$/,
    );
    expect(await log('node2')).toMatch(/\nnow one node1,node2 none\n.*nodes\/node2\/.*\/one\n$/);
    // What a hook adds to the results is collected with them.
    expect(await project.list('results/latest/one/test_artifacts/out')).toEqual(['more', 'result']);
    const finished = await finishedHooks(project);
    expect(finished.every(({ status }) => status === 'ok')).toBe(true);
    expect(finished).toHaveLength(14);
    expect(run.stderr).toContain(
      'after_ready hook `scenarios/001_one/look.sh now` on node2: done in',
    );
    expect(await project.list('.playbook/nodes')).toEqual([]);
  });

  it('that fail stop what they are to stop, and are told with their last lines', async () => {
    const scenario = scenarioFiles('001_one', {
      script: 'echo "$SCENARIO_ATTEMPT" > "$SCENARIO_RESULT_PATH/x"',
    });
    const project = await projectWithHooks(['on_failure', 'after_suite', 'after_scenario'], {
      ...scenario,
      'hooks/before_suite.d/10.sh': '#!/bin/sh\necho no licence >&2; exit 7\n',
    });
    const nothing = await project.playbook('run', '--all');
    expectExit(nothing, 1);
    expect(nothing.stderr).toMatch(
      /FAILED the hook hooks\/before_suite\.d\/10\.sh exited with status 7\n.*no licence/,
    );
    expect(await project.suite()).toMatchObject({
      status: 'failed',
      exit_code: 1,
      failure: { kind: 'hook_failed' },
      scenarios: [{ status: 'skipped', attempts: 0 }],
    });
    expect((await seen(project)).map(({ point }) => point)).toEqual(['on_failure', 'after_suite']);

    await project.write({
      'hooks/before_suite.d/10.sh': '#!/bin/sh\n',
      'config/defaults.yaml': `
hooks:
  before_scenario: '[ "$SCENARIO_ATTEMPT" = 2 ]'
  after_ready: { run: 'echo not so bad; exit 3', on_error: warn }
  after_scenario: { run: 'false', on_error: fail }
retry_strategy: { scenario_level_retries: 1, retry_delay: 0 }
`,
    });
    const retried = await project.playbook('run', '--all');
    expectExit(retried, 1);
    expect(retried.stderr).toMatch(
      /warning the after_ready hook `echo not so bad; exit 3` exited with status 3\n.*not so bad/,
    );
    // Who comes in the morning reads the end.
    const warning = 'the after_ready hook `echo not so bad; exit 3` exited with status 3';
    expect(retried.stdout).toContain(`one: ${warning}\n`);
    expect((await project.suite()).warnings).toMatchObject([
      { message: warning, scenario: 'one', times: 1 },
    ]);
    expect(await project.resultFile('test_report.md')).toContain('## Warnings\n\n- one: the after');
    const result = await project.result('one');
    expect(result).toMatchObject({
      status: 'failed',
      attempts: 2,
      failure: {
        kind: 'hook_failed',
        message: 'the after_scenario hook `false` exited with status 1',
      },
    });
    expect(await project.resultFile('one/attempts/1/result_summary.json')).toContain(
      'the before_scenario hook `[ \\"$SCENARIO_ATTEMPT\\" = 2 ]` exited with status 1',
    );
    const points = (await seen(project)).slice(2).map(({ point }) => point);
    // What fails last has its own hooks for failures, too.
    expect(points).toEqual([
      ...['on_failure', 'after_scenario'],
      ...['after_scenario', 'on_failure'],
      'after_suite',
    ]);
  });

  it('at the end of things are called after a signal, too; those before are not', async () => {
    const project = await projectWithHooks(
      POINTS,
      scenarioFiles('001_one', { script: 'sleep 600' }),
    );
    const started = project.start(['run', '--all', '--reporter', 'json']);
    await started.event(({ type }) => type === 'script_started');
    started.child.kill('SIGINT');
    expectExit(await started.finished, 130);
    const calls = await seen(project);
    expect(calls.slice(3).map(({ point, event }) => `${point} ${String(event['status'])}`)).toEqual(
      ['on_failure cancelled', 'after_scenario cancelled', 'after_suite cancelled'],
    );
  });
});

describe('a plan', () => {
  it('shows the hooks where they are called', async () => {
    const project = await projectFolder({
      ...scenarioFiles('001_one', {
        metadata: 'hooks: { after_ready: { run: date, node: node1 } }',
      }),
      'hooks/before_suite': '#!/bin/sh\n',
      'hooks/on_failure': '#!/bin/sh\n',
    });
    const { stdout } = await project.playbook('plan');
    expect(stdout).toContain('before_suite     hooks/before_suite here (at most 1 min)');
    expect(stdout).toContain('ready      after_ready hook: date on node1 (at most 60 s)');
    expect(stdout).toContain('on_failure       hooks/on_failure here (at most 1 min)');
    const json = JSON.parse((await project.playbook('plan', '--format', 'json')).stdout) as {
      hooks: readonly { point: string }[];
      scenarios: readonly {
        operations: readonly { id: string; depends_on: readonly string[] }[];
      }[];
    };
    expect(json.hooks.map(({ point }) => point)).toEqual(['before_suite', 'on_failure']);
    const benchmark = json.scenarios[0]?.operations.find(({ id }) => id === 'benchmark');
    expect(benchmark?.depends_on).toEqual(['after_ready 1 node1']);
  });
});

describe('a webhook', () => {
  it('is told of failures and of the end, never decides how a run ends, and is shown nowhere', async () => {
    const bodies: string[] = [];
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        bodies.push(body);
        response.writeHead(bodies.length > 1 ? 403 : 200).end('as you like');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/services/T00/B00/secretsecret`;
    const project = await projectFolder({
      ...scenarioFiles('001_one', { script: 'exit 7' }),
      'config/defaults.yaml': 'notifications: { webhook: { url: "${SLACK_WEBHOOK_URL}" } }\n',
      '.env': `SLACK_WEBHOOK_URL=${url}\n`,
    });
    const run = await project.playbook('run', '--all');
    expectExit(run, 1);
    expect(bodies.map((body) => (JSON.parse(body) as { event: string }).event)).toEqual([
      'scenario_failed',
      'suite_finished',
    ]);
    expect(run.stderr).toContain(
      'was not told of the end of the run: it answered 403: as you like',
    );
    const last = (await project.events()).at(-1);
    expect(last).toMatchObject({ type: 'warning' });
    for (const file of [...(await project.list('results')).map((name) => `results/${name}`)]) {
      expect(await project.read(file), file).not.toContain('secretsecret');
    }
    expect(run.stdout + run.stderr).not.toContain('secretsecret');
  });
});
