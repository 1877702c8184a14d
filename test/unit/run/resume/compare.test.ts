import { describe, expect, it } from 'vitest';

import type { ScenarioPlan } from '../../../../src/model/plan.js';
import type { ScenarioSpec } from '../../../../src/model/scenario.js';
import type { ContainerSpec } from '../../../../src/model/service.js';
import type { NodeSpec } from '../../../../src/model/node.js';
import type { InputFile } from '../../../../src/results/inputs/files.js';
import { type Inputs, buildInputs, withImageIds } from '../../../../src/results/inputs/record.js';
import { createSeal } from '../../../../src/results/inputs/seal.js';
import { compareImages, compareInputs } from '../../../../src/run/resume/compare.js';
import { nodeSpec, scenarioSpec, serviceSpec } from '../../../support/specs.js';

const IMAGE = 'vllm/vllm-openai:v0.9';
const CONTAINER: ContainerSpec = {
  image: IMAGE,
  isBuilt: false,
  platform: null,
  pullPolicy: null,
  ports: [],
  containerName: null,
  stopGracePeriodMs: 10_000,
  gpus: null,
};

interface Changes {
  readonly scenario?: Partial<ScenarioSpec>;
  readonly node?: Partial<NodeSpec>;
  readonly files?: readonly InputFile[];
  readonly key?: string;
  readonly secrets?: readonly string[];
  readonly secretFiles?: readonly string[];
}

const FILES: readonly InputFile[] = [
  { path: 'docker-compose.yml', mode: '0644', sha256: 'aa' },
  { path: 'run_test.sh', mode: '0755', sha256: 'bb' },
];

function inputs({
  scenario,
  node,
  files = FILES,
  key = 'k',
  secrets = [],
  secretFiles = [],
}: Changes = {}): Inputs {
  const service = serviceSpec('p-1', ['redis'], {
    runtime: 'docker',
    process: null,
    container: CONTAINER,
  });
  const spec = scenarioSpec({ services: [serviceSpec('redis'), service], ...scenario });
  const plan: ScenarioPlan = {
    scenario: spec,
    nodes: [nodeSpec({ host: '10.0.0.1', ...node })],
    batches: [],
    operations: [],
  };
  return buildInputs(plan, files, {
    seal: createSeal(Buffer.from(key)),
    holdsSecret: (text) => secrets.some((secret) => text.includes(secret)),
    namesSecret: (name) => name === 'TOKEN',
    secretFiles: new Set(secretFiles),
  });
}

const nowhere = () => null;
const script = scenarioSpec().testExecution;
const differences = (
  before: Changes,
  after: Changes,
  locate: (key: string) => string | null = nowhere,
) =>
  compareInputs(inputs(before), inputs(after), {
    locate,
    seal: createSeal(Buffer.from(after.key ?? 'k')),
    mask: (text) =>
      (after.secrets ?? []).reduce((masked, each) => masked.replaceAll(each, '***'), text),
  });

describe('what a result stands on', () => {
  it('is the same while nothing changes', () => {
    expect(differences({}, {})).toEqual([]);
  });

  it('does not depend on what only describes the scenario, orders it or lets it be tried again', () => {
    const { retryStrategy, isolation } = scenarioSpec();
    const other: Partial<ScenarioSpec> = {
      directory: '009_moved',
      path: '/elsewhere/009_moved',
      description: 'other words',
      tags: ['nightly'],
      estimatedDurationMs: 1,
      retryStrategy: { ...retryStrategy, scenarioLevelRetries: 9 },
      isolation: { ...isolation, onDirty: 'continue' },
      source: { file: 'x', line: 9, column: 9 },
    };
    expect(differences({}, { scenario: other, node: { labels: { gpu: 'h20' } } })).toEqual([]);
  });

  it('does not depend on how one logs in to a node', () => {
    const { authentication } = nodeSpec();
    const node = { authentication: { ...authentication, password: 'new' }, proxyJump: 'bastion' };
    expect(differences({}, { node })).toEqual([]);
  });

  it('changes with a setting, which is named with both values and the place where it is written', () => {
    const testExecution = { ...script, timeoutMs: 900_000 };
    const locate = (key: string) =>
      key === 'test_execution.timeout' ? 'config/defaults.yaml:4' : null;
    expect(
      differences(
        { scenario: { testExecution: { ...script, timeoutMs: 600_000 } } },
        { scenario: { testExecution } },
        locate,
      ),
    ).toEqual(['test_execution.timeout changed from 600 to 900 (config/defaults.yaml:4)']);
  });

  it('changes with the identity of a node', () => {
    const locate = (key: string) => (key.startsWith('nodes.node1') ? 'config/nodes.yaml:2' : null);
    expect(differences({}, { node: { host: '10.0.0.2' } }, locate)).toEqual([
      'nodes.node1.host changed from 10.0.0.1 to 10.0.0.2 (config/nodes.yaml:2)',
    ]);
  });

  it.each<[string, Partial<ScenarioSpec>, string]>([
    [
      'a variable of the script',
      { testExecution: { ...script, env: { EXTRA: '1' } } },
      'test_execution.env.EXTRA is new: 1',
    ],
    [
      'a variable of the compose file',
      { composeVariables: { MODEL: 'b' } },
      'variables.MODEL is new: b',
    ],
    [
      'where results lie',
      {
        testExecution: {
          ...script,
          resultPaths: [
            {
              path: 'out',
              kind: 'directory',
              isAbsolute: false,
              source: { file: 'x', line: 1, column: 1 },
            },
          ],
        },
      },
      'test_execution.result_paths changed from nothing to out/',
    ],
    [
      'a hook that prepares the services',
      {
        hooks: [
          {
            point: 'after_ready',
            name: 'warm up',
            program: { kind: 'line', line: 'warm up' },
            node: 'node1',
            timeoutMs: 1_000,
            onError: 'fail',
            env: {},
            source: { file: 'x', line: 1, column: 1 },
          },
        ],
      },
      'hooks.after_ready is new',
    ],
  ])('changes with %s', (_what, scenario, said) => {
    expect(differences({}, { scenario })).toEqual([expect.stringContaining(said)]);
  });

  it('changes when a service is added, with every value of it', () => {
    const services = [serviceSpec('redis'), serviceSpec('p-2')];
    const said = differences(
      { scenario: { services: [serviceSpec('redis')] } },
      { scenario: { services } },
    );
    expect(said).toContain('services.p-2.node is new: node1');
    expect(said.every((text) => text.startsWith('services.p-2.'))).toBe(true);
  });

  it('changes with a file, its mode, and when one comes or goes', () => {
    const files: readonly InputFile[] = [
      { path: '.env', mode: '0600', sha256: 'cc' },
      { path: 'run_test.sh', mode: '0644', sha256: 'bb' },
    ];
    expect(differences({}, { files })).toEqual([
      '.env is new',
      'docker-compose.yml is gone',
      'the mode of run_test.sh changed from 0755 to 0644',
    ]);
    const changed = FILES.map((file) => ({ ...file, sha256: 'dd' }));
    expect(differences({}, { files: changed })).toEqual([
      'docker-compose.yml changed',
      'run_test.sh changed',
    ]);
    const links = (link: string): readonly InputFile[] => [{ path: 'model', link }];
    expect(differences({ files: links('a') }, { files: links('b') })).toEqual(['model changed']);
  });

  it('changes when the name of an image stands for another one, if both are known', () => {
    const plain = inputs();
    const compare = (before: string | null, now: string | null) =>
      compareImages(withImageIds(plain, () => before).images, () => now);
    expect(compare('sha256:1111111111112222', 'sha256:3333333333334444')).toEqual([
      `image ${IMAGE} on node1 is another one: 111111111111 then, 333333333333 now`,
    ]);
    expect(compare('sha256:11', 'sha256:11')).toEqual([]);
    expect(compare('sha256:11', null)).toEqual([]);
    expect(compare(null, 'sha256:11')).toEqual([]);
  });

  it('changes with a secret, which is neither recorded nor shown', () => {
    const withToken = (token: string): Changes => ({
      scenario: { testExecution: { ...script, env: { TOKEN: token, URL: `http://u:${token}@x` } } },
      secrets: ['hunter2', 'hunter3'],
    });
    const recorded = inputs(withToken('hunter2'));
    expect(JSON.stringify([...recorded.configuration])).not.toContain('hunter');
    const locate = () => 'metadata.yaml:3';
    const said = differences(withToken('hunter2'), withToken('hunter3'), locate);
    expect(said).toEqual([
      'test_execution.env.TOKEN, a secret, changed (metadata.yaml:3)',
      'test_execution.env.URL, a secret, changed (metadata.yaml:3)',
    ]);
    expect(differences(withToken('hunter2'), withToken('hunter2'), locate)).toEqual([]);
  });

  it('is the same where only another value made a secret of it, or of its file, or makes it none any more', () => {
    const withModel = (model: string) => ({
      testExecution: { ...script, env: { MODEL: model } },
    });
    const plain: Changes = { scenario: withModel('redis-small') };
    const sealed = { ...plain, secrets: ['redis'], secretFiles: ['run_test.sh'] };
    expect(inputs(sealed).configuration.get('test_execution.env.MODEL')).toHaveProperty('sealed');
    expect(JSON.stringify(inputs(sealed).files)).not.toContain('bb');
    expect(differences(plain, sealed)).toEqual([]);
    expect(differences(sealed, plain)).toEqual([]);
    const other: Changes = {
      ...sealed,
      scenario: withModel('redis-large'),
      files: FILES.map((file) => ({ ...file, sha256: 'dd' })),
    };
    expect(differences(plain, other)).toEqual([
      'docker-compose.yml changed',
      'run_test.sh changed',
      'test_execution.env.MODEL, a secret, changed',
    ]);
    expect(differences(sealed, { ...plain, key: 'other' })).toContain(
      'run_test.sh, which holds secrets, cannot be compared: .playbook/inputs.key is another one',
    );
  });

  it('shows no value that became a secret since, not even half of it', () => {
    const env = (name: string) => ({
      testExecution: { ...script, env: { [name]: `${'x'.repeat(50)} hunter2-and-more` } },
    });
    const said = differences(
      { scenario: env('LOGIN') },
      { scenario: env('TOKEN'), secrets: ['hunter2-and-more'] },
    );
    expect(said).toEqual([
      `test_execution.env.LOGIN is not set any more: it was ${'x'.repeat(50)} ***`,
      'test_execution.env.TOKEN is new: a secret',
    ]);
  });

  it('counts a secret as changed where the key that sealed it is not there any more', () => {
    const change: Changes = { scenario: { testExecution: { ...script, env: { TOKEN: 'x' } } } };
    const said = differences(change, { ...change, key: 'other' });
    expect(said).toEqual([expect.stringContaining('cannot be compared')]);
  });

  it('cuts long values', () => {
    const env = (length: number) => ({ ...script, env: { PROMPT: 'x'.repeat(length) } });
    const [said = ''] = differences(
      { scenario: { testExecution: env(1000) } },
      { scenario: { testExecution: env(1001) } },
    );
    expect(said.length).toBeLessThan(200);
  });
});
